/** A session by its mark and label; its id as a title. */
import type { JSX } from 'preact';
import type { Device, Report } from '../api/report';
import type { Theme } from '../base/palette';
import { UNTRACED, UNTRACED_WORDS } from '../model/blame';
import { Chip } from './chip';

/** The label that the server gives a session; an id of none is its own name. */
export const nameIn = (report: Report, id: string): string =>
  report.sessions.find((session) => session.id === id)?.label ?? id;

interface SessionNameProperties {
  readonly report: Report;
  readonly device: Device;
  readonly theme: Theme;
  readonly id: string;
  /** The mark alone where there is no room for the name, which is then for screen readers only. */
  readonly isShort?: boolean;
}

export function SessionName({ report, device, theme, id, isShort }: SessionNameProperties): JSX.Element {
  if (id === UNTRACED) return <em>{UNTRACED_WORDS}</em>;
  const index = device.sessions.indexOf(id);
  return (
    <span title={id}>
      {index >= 0 && <Chip theme={theme} index={index} />}{' '}
      <span class={isShort && index >= 0 ? 'visually-hidden' : undefined}>{nameIn(report, id)}</span>
    </span>
  );
}
