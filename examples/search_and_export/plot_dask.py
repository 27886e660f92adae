"""
Hyperparameter search on a Dask cluster
=======================================

Dask runs the folds of a search on other machines or, as here, on a cluster with a
single worker. This needs the ``distributed`` extra (:doc:`/installation`).
"""

# %%
# A cluster
# ---------
# With several machines, run ``dask scheduler`` on one of them and
# ``dask worker tcp://scheduler:8786 --nthreads 1 --nworkers -1`` on the others, and
# connect with ``Client("tcp://scheduler:8786")``. Replace ``scheduler`` in the
# addresses with the name of the first machine. Here the scheduler and the worker run in
# this process.

import matplotlib.pyplot as plt
from dask.distributed import Client, LocalCluster
from joblib import parallel_config
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from skdigits import make_digit_pipeline
from skdigits.inspection import SearchResultsDisplay
from skdigits.model_selection import HalvingEpochSearchCV

cluster = LocalCluster(
    n_workers=1, threads_per_worker=1, processes=False, dashboard_address=":0"
)
client = Client(cluster)
print(f"{len(client.scheduler_info()['workers'])} worker")

# %%
# The search
# ----------
# ``scatter`` sends the images to each worker once. Everything else, including the
# scores, is the same as for a search in one process.

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(
    X, y, train_size=600, stratify=y, random_state=0
)
pipeline = make_digit_pipeline(epochs=9, random_state=0)
grid = {"cnn__filters": [4, 8, 16], "cnn__learning_rate": [0.002, 0.005, 0.02]}
search = HalvingEpochSearchCV(pipeline, grid, cv=3)
with parallel_config(backend="dask", scatter=[X_train, y_train]):
    search.fit(X_train, y_train)
client.close()
cluster.close()

# %%
# The results
# -----------
# Each cell of the heat map is a candidate. Candidates that did worse were stopped after
# fewer epochs.

print(search.best_params_)
figure, ax = plt.subplots(figsize=(6, 5), layout="constrained")
SearchResultsDisplay.from_estimator(search, ax=ax)
figure.suptitle("Nine candidates")

# %%
# The number of candidates in each :term:`rung` of the search, and the epoch that ends
# the rung:

for n_candidates, epochs in zip(search.n_candidates_, search.n_resources_, strict=True):
    print(f"{n_candidates} candidates until epoch {epochs}")

# %%
# The score on the test set
# -------------------------

accuracy = search.score(X_test, y_test)
print(f"Test accuracy of the best: {accuracy:.1%}")

plt.show()

assert search.n_candidates_.tolist() == [9, 3, 1]
assert accuracy > 0.95
