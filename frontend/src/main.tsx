/** Entry of the tab: TensorBoard's stub page imports this module and calls `render()`. */
import { render as mount } from 'preact';
import { publishActivity } from './state/activity';
import { Panel } from './state/panel';
import { App } from './views/app';
import { adoptStyles } from './views/styles';

export function render(): void {
  const root = document.documentElement;
  root.lang = 'en';
  root.dataset.tbContention = 'busy';
  document.title = 'GPU contention';
  adoptStyles(document);
  publishActivity(root);
  const panel = new Panel();
  panel.start();
  mount(<App panel={panel} />, document.body);
}
