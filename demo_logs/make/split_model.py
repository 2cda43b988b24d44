"""One model cut into two variable scopes that run one after the other in one session."""

import sys

import numpy as np
import tensorflow as tf
from window import recorded, steps, wait_for_all

v1 = tf.compat.v1
BATCH, WIDTH = 1024, 768


def part(name: str, inputs: tf.Tensor) -> tf.Tensor:
    """Build two layers under a scope."""
    with v1.variable_scope(name):
        for layer in range(2):
            inputs = tf.nn.relu(
                tf.matmul(inputs, v1.get_variable(f"weights_{layer}", [WIDTH, WIDTH])), name=f"layer_{layer}"
            )
    return inputs


def main(name: str, seconds: float, processes: int) -> None:
    """Run the first half, fetch its result and feed it to the second half, for `seconds`."""
    v1.disable_eager_execution()
    images = v1.placeholder(tf.float32, [BATCH, WIDTH], name="images")
    between = v1.placeholder(tf.float32, [BATCH, WIDTH], name="between")
    first, second = part("first_half", images), part("second_half", between)
    config = v1.ConfigProto(intra_op_parallelism_threads=1, inter_op_parallelism_threads=1)
    batch = np.random.default_rng(1).random((BATCH, WIDTH), np.float32)
    with v1.Session(config=config) as session:
        session.run(v1.global_variables_initializer())
        session.run(second, {between: session.run(first, {images: batch})})
        wait_for_all(name, processes)
        with recorded(name):
            for number in steps(seconds):
                with tf.profiler.experimental.Trace("train", step_num=number, _r=1):
                    session.run(second, {between: session.run(first, {images: batch})})


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), int(sys.argv[3]))
