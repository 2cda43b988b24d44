/** A panel on a directory of groups, without a server. */
import type { ListedGroup, Summary } from '../api/report';
import { Panel } from '../state/panel';
import { report, summaryOf } from './literals';

export function panelOf(list: readonly ListedGroup[], more: Partial<Summary> = {}): Panel {
  const panel = new Panel();
  panel.summary.value = summaryOf(report(['alpha', 'beta']), {
    groups: list.length,
    group: list[0],
    ...more,
  });
  panel.groups.list.value = list;
  panel.refresh = async () => {};
  return panel;
}
