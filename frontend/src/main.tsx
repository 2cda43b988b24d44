/** Entry of the tab: TensorBoard's stub page imports this module and calls `render()`. */
import { render as mount } from 'preact';
import { publishActivity } from './state/activity';
import { Panel } from './state/panel';
import { App } from './views/app';
import { adopt } from './views/styles';
import css from './views/styles.css?inline';

export function render(): void {
  const root = document.documentElement;
  root.lang = 'en';
  root.dataset.tbContention = 'busy';
  document.title = 'GPU contention';
  adopt(css);
  publishActivity(root);
  const panel = new Panel();
  panel.start();
  mount(<App panel={panel} />, document.body);
}
