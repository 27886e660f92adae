"""The bar that train shows, for a new model or one that is trained further."""

from contextlib import contextmanager

from skdigits.cli._console import new_bar


@contextmanager
def epoch_bar(console, classifier):
    """Show a bar over the epochs of a classifier's training."""
    from skdigits.training import keras

    with new_bar(console, "Training", "epochs", "{task.description}") as bar:
        task = bar.add_task("", total=None, visible=False)
        begin = getattr(classifier, "n_iter_", 0)

        class MoveBar(keras.callbacks.Callback):
            def __deepcopy__(self, memo):
                return self  # the bar is on one terminal

            def on_train_begin(self, logs=None):
                bar.update(task, total=self.params["epochs"] - begin, visible=True)

            def on_epoch_end(self, epoch, logs=None):
                figures = f"loss {logs['loss']:.4f}"
                if "val_accuracy" in logs:
                    figures += f", val_accuracy {logs['val_accuracy']:.4f}"
                bar.update(task, completed=epoch + 1 - begin, description=figures)

        classifier.set_params(callbacks=[MoveBar()])
        yield
        classifier.set_params(callbacks=None)
