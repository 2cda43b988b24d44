"""Two tf.Sessions with large variables in two threads of one process."""

import sys
import threading

import tensorflow as tf
from window import recorded, steps, wait_for_all

v1 = tf.compat.v1
ROWS, WIDTH = 12_000, 1_000  # 48 MB per variable


def build(name: str) -> tuple[v1.Session, tf.Operation]:
    """Make a session with its own graph; its metadata names it in the trace."""
    graph = tf.Graph()
    with graph.as_default():
        with v1.variable_scope(name):
            table = v1.get_variable("table", [ROWS, WIDTH])
            weights = v1.get_variable("weights", [WIDTH, 64])
            rows = v1.random_uniform([4_000], 0, ROWS, tf.int32, name="rows")
            loss = tf.reduce_mean(tf.square(tf.matmul(tf.gather(table, rows), weights)), name="loss")
            train = v1.train.GradientDescentOptimizer(0.1).minimize(loss)
        start = v1.global_variables_initializer()
    config = v1.ConfigProto(intra_op_parallelism_threads=1, inter_op_parallelism_threads=1)
    config.experimental.session_metadata.name = name
    config.experimental.session_metadata.version = 1
    session = v1.Session(graph=graph, config=config)
    session.run(start)
    session.run(train)
    return session, train


def main(name: str, seconds: float, processes: int) -> None:
    """Run both sessions in loops for `seconds`."""
    v1.disable_eager_execution()
    pairs = [build("model_a"), build("model_b")]

    def loop(session: v1.Session, train: tf.Operation) -> None:
        for _ in steps(seconds):
            session.run(train)

    threads = [threading.Thread(target=loop, args=pair) for pair in pairs]
    wait_for_all(name, processes)
    with recorded(name):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), int(sys.argv[3]))
