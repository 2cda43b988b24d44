"""One session whose queues are filled by threads while the main thread trains from them."""

import sys

import tensorflow as tf
from window import recorded, steps, wait_for_all

v1 = tf.compat.v1
BATCH, WIDTH = 512, 512


def queue(name: str, threads: int) -> tf.Tensor:
    """Make a FIFO queue of batches with a runner of some threads; return its next batch."""
    with v1.name_scope(name):
        batches = v1.FIFOQueue(8, [tf.float32], [[BATCH, WIDTH]], name="queue")
        fill = batches.enqueue(tf.cast(v1.random_normal([BATCH, WIDTH]), tf.float32))
        v1.train.add_queue_runner(v1.train.QueueRunner(batches, [fill] * threads))
        return batches.dequeue(name="next")


def main(name: str, seconds: float, processes: int) -> None:
    """Train for `seconds` from two queues with two threads each."""
    v1.disable_eager_execution()
    inputs, noise = queue("inputs", 2), queue("noise", 2)
    weights = v1.get_variable("weights", [WIDTH, WIDTH])
    loss = tf.reduce_mean(tf.square(tf.matmul(inputs + 0.1 * noise, weights)), name="loss")
    train = v1.train.GradientDescentOptimizer(0.1).minimize(loss)
    config = v1.ConfigProto(intra_op_parallelism_threads=1, inter_op_parallelism_threads=2)
    with v1.Session(config=config) as session:
        session.run(v1.global_variables_initializer())
        coordinator = v1.train.Coordinator()
        threads = v1.train.start_queue_runners(session, coordinator)
        session.run(train)
        wait_for_all(name, processes)
        with recorded(name):
            for number in steps(seconds):
                with tf.profiler.experimental.Trace("train", step_num=number, _r=1):
                    session.run(train)
        coordinator.request_stop()
        session.run([op for op in session.graph.get_operations() if op.type == "QueueCloseV2" and "Cancel" in op.name])
        coordinator.join(threads, stop_grace_period_secs=5, ignore_live_threads=True)


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), int(sys.argv[3]))
