"""One of two processes that train a small model at the same time on one host."""

import sys

import tensorflow as tf
from window import recorded, steps, wait_for_all

BATCH, WIDTH = 1024, 768
tf.config.threading.set_intra_op_parallelism_threads(1)
tf.config.threading.set_inter_op_parallelism_threads(1)


def main(name: str, seconds: float, processes: int) -> None:
    """Train before the window to build everything, then for `seconds` inside it."""
    tf.random.set_seed(1)
    first = tf.Variable(tf.random.normal([WIDTH, WIDTH], stddev=0.03), name="first")
    second = tf.Variable(tf.random.normal([WIDTH, 1], stddev=0.03), name="second")
    inputs, wanted = tf.random.normal([BATCH, WIDTH]), tf.random.normal([BATCH, 1])

    @tf.function
    def train_step(inputs: tf.Tensor, wanted: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            hidden = tf.nn.relu(tf.matmul(inputs, first, name="hidden"))
            loss = tf.reduce_mean(tf.square(tf.matmul(hidden, second, name="output") - wanted))
        for variable, gradient in zip((first, second), tape.gradient(loss, (first, second)), strict=True):
            variable.assign_sub(0.01 * gradient)
        return loss

    train_step(inputs, wanted)
    wait_for_all(name, processes)
    with recorded(name):
        for number in steps(seconds):
            with tf.profiler.experimental.Trace("train", step_num=number, _r=1):
                train_step(inputs, wanted).numpy()


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), int(sys.argv[3]))
