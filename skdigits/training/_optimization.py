"""What training minimizes, and how: loss, optimizer and learning rate."""

from skdigits.training._keras_layers import number_of, registered
from skdigits.training._tensorflow import keras, tf

# The share of a cycle in which the learning rate rises.
WARM_UP = 0.25


@registered
class SmoothedCrossentropy(keras.losses.Loss):
    """Keras' categorical cross-entropy, with label smoothing as a variable."""

    def __init__(self, label_smoothing=0.0, name="loss", dtype="float32", **options):
        super().__init__(name=name, dtype=dtype, **options)
        self.smoothing = tf.Variable(label_smoothing, trainable=False, dtype=tf.float32)

    @property
    def label_smoothing(self):
        """Share of each target that is spread over all classes."""
        return number_of(self.smoothing)

    def call(self, y_true, y_pred):
        n_classes = tf.cast(tf.shape(y_true)[-1], tf.float32)
        wanted = y_true * (1.0 - self.smoothing) + self.smoothing / n_classes
        return keras.losses.categorical_crossentropy(wanted, y_pred)

    def get_config(self):
        return super().get_config() | {"label_smoothing": self.label_smoothing}


@registered
class AdamW(keras.optimizers.AdamW):
    """Keras' AdamW with weight decay of kernels only, not of biases or normalizations.

    ``learning_rate`` is the peak of the cycle: the rate rises linearly during a quarter
    of the steps, and falls linearly to zero during the others (Smith & Topin,
    "Super-convergence", 2018). Each variable is updated in one TensorFlow operation,
    while Keras needs a dozen.

    Parameters
    ----------
    learning_rate : float, default=0.001

    weight_decay : float, default=0.0

    schedule : {"constant", "one_cycle"}, default="constant"
        Whether the learning rate follows the cycle of `start_cycle` ("one_cycle").
    """

    def __init__(
        self, learning_rate=0.001, weight_decay=0.0, schedule="constant", **options
    ):
        super().__init__(learning_rate, weight_decay=weight_decay, **options)
        self.decay = tf.Variable(weight_decay, trainable=False, dtype=tf.float32)
        self.schedule = schedule
        # steps; a cycle without any stands for a constant rate
        self.begin = tf.Variable(0, trainable=False, dtype=tf.int64)
        self.length = tf.Variable(0, trainable=False, dtype=tf.int64)

    def set_decay(self, weight_decay):
        """Change the decay, even in steps that are already compiled."""
        self.weight_decay = weight_decay
        self.decay.assign(weight_decay)

    def start_cycle(self, begin, length):
        """Begin a cycle of ``length`` steps; 0 means a constant learning rate."""
        self.begin.assign(begin)
        self.length.assign(length if self.schedule == "one_cycle" else 0)

    def cycle(self, step):
        """Return the learning rate of a step as a share of its peak."""
        done = tf.cast(tf.cast(step, tf.int64) - self.begin, tf.float32) + 0.5
        place = tf.math.divide_no_nan(done, tf.cast(self.length, tf.float32))
        share = tf.minimum(place / WARM_UP, (1.0 - place) / (1.0 - WARM_UP))
        return tf.where(self.length > 0, tf.maximum(share, 0.0), 1.0)

    def build(self, variables):
        if not self.built:
            # Keras' own decay knows no cycle
            self.exclude_from_weight_decay(var_list=variables)
            self._kernels = {self._var_key(v) for v in variables if v.name == "kernel"}
        super().build(variables)

    def apply(self, grads, trainable_variables=None):
        step = tf.cast(self.iterations + 1, tf.float32)
        rate = tf.cast(self.learning_rate, tf.float32) * self.cycle(self.iterations)
        self._numbers = {
            "lr": rate,
            "beta1_power": tf.pow(self.beta_1, step),
            "beta2_power": tf.pow(self.beta_2, step),
            "beta1": tf.constant(self.beta_1),
            "beta2": tf.constant(self.beta_2),
            "epsilon": tf.constant(self.epsilon),
        }
        self._kept = 1.0 - rate * self.decay
        super().apply(grads, trainable_variables)

    def _backend_update_step(self, grads, trainable_variables, learning_rate):
        # Keras' own adds gradients of replicas up by a custom gradient, and TensorFlow
        # keeps that, and with it the whole graph, as long as the process lives
        for gradient, variable in zip(grads, trainable_variables, strict=True):
            self.update_step(gradient, variable.value, learning_rate)

    def update_step(self, gradient, variable, learning_rate):
        if self._var_key(variable) in self._kernels:
            variable.assign(variable * self._kept)
        place = self._get_variable_index(variable)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=self._momentums[place].value.handle,
            v=self._velocities[place].value.handle,
            grad=gradient,
            **self._numbers,
        )

    def get_config(self):
        return super().get_config() | {"schedule": self.schedule}
