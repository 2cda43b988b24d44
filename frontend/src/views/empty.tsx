/** No captures: the datasets of others, or else where they are expected, and how to record some. */

import type { JSX } from 'preact';
import type { Summary } from '../api/report';
import type { Panel } from '../state/panel';
import { FleetPage } from './fleet';
import { Recipe } from './recipe';
import { Commands } from './record';

const KERAS = `tensorboard = tf.keras.callbacks.TensorBoard(log_dir="logs/trainer", profile_batch=(10, 20))
model.fit(dataset, callbacks=[tensorboard])`;

const LOOP = `tf.profiler.experimental.start("logs/trainer")
for step in range(10):
    with tf.profiler.experimental.Trace("train", step_num=step, _r=1):
        train_step(next(batches))
tf.profiler.experimental.stop()`;

const JAX = `with jax.profiler.trace("logs/trainer"):
    for step in range(10):
        with jax.profiler.StepTraceAnnotation("train", step_num=step):
            state = train_step(state, next(batches))`;

const RECIPES = [
  ['Keras', KERAS],
  ['TensorFlow', LOOP],
  ['JAX', JAX],
] as const;

export function Empty({ panel, summary }: { panel: Panel; summary: Summary }): JSX.Element {
  if (summary.datasets.length > 0) {
    return (
      <div class="only">
        <FleetPage panel={panel} />
      </div>
    );
  }
  return (
    <section class="empty" aria-label="No captures">
      <h1 id="verdict">No profiler captures found</h1>
      <p>
        Expected files:{' '}
        <code>{`${summary.logdir || '<logdir>'}/**/plugins/profile/<session>/<host>.xplane.pb`}</code>. Reload
        when there are new captures.
      </p>
      <h2>Record the programs while they share the GPU</h2>
      <Commands logdir={summary.logdir} files={[]} />
      <h2>Or record from inside the programs</h2>
      <p class="muted">
        Give each process its own directory below the log directory, and let the captures overlap in time.
      </p>
      {RECIPES.map(([name, code]) => (
        <Recipe key={name} name={name} code={code} />
      ))}
    </section>
  );
}
