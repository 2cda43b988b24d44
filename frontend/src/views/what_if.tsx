/** Other schedules: the predicted slowdowns, each with its range and its assumptions. */
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { Device, Report } from '../api/report';
import { UNKNOWN } from '../base/format';
import { MOST_AT_ONCE } from '../model/many';
import { isServed, type RangeText, rowOf, type WhatIfRow, whatIfRows } from '../model/whatif';
import type { Panel } from '../state/panel';
import { Explained, MEANS } from './explained';
import { nameIn, SessionName } from './session_name';
import { TrySchedule } from './try_schedule';

function Cell({ text }: { text: RangeText | null }): JSX.Element {
  if (text === null) return <td class="muted">{UNKNOWN}</td>;
  if (text.estimate === null) return <td>{text.range}</td>;
  return (
    <td>
      {text.estimate} {text.range !== text.estimate && <small>{text.range}</small>}
    </td>
  );
}

interface RowProperties {
  readonly report: Report;
  readonly row: WhatIfRow;
  readonly isTried?: boolean;
}

function Row({ report, row, isTried = false }: RowProperties): JSX.Element {
  const { setting, note, slowdowns, elsewhere, makespan, memory, isBest, isKnown } = row;
  const isBlank = !isKnown && makespan === null && slowdowns.every((each) => each === null);
  return (
    <tr class={isTried ? 'current tried' : isBest ? 'best' : undefined}>
      <th scope="row">
        {setting}
        {isTried && <span class="badge">yours</span>}
        {isBest && <span class="badge">least lost time</span>}
        {elsewhere.map(([id, text]) => (
          <small key={id}>
            {nameIn(report, id)}: {text === null ? UNKNOWN : (text.estimate ?? '')} {text?.range}
          </small>
        ))}
        {note !== '' && !isBlank && <small>{note}</small>}
      </th>
      {isBlank ? (
        <td class="name muted" colSpan={slowdowns.length + 1}>
          {note}
        </td>
      ) : (
        <>
          {slowdowns.map((text, index) => (
            <Cell key={index} text={text} />
          ))}
          <Cell text={makespan} />
        </>
      )}
      <td class={memory === null ? 'muted' : undefined}>{memory ?? UNKNOWN}</td>
    </tr>
  );
}

export function WhatIfView({
  panel,
  report,
  device,
}: {
  panel: Panel;
  report: Report;
  device: Device;
}): JSX.Element | null {
  const section = useRef<HTMLElement>(null);
  useEffect(() => {
    // Whoever follows a link to a schedule wants to see it, and it is far down the page.
    if (panel.trying.isFirst()) section.current?.scrollIntoView({ block: 'start' });
  }, [panel]);
  const rows = whatIfRows(device);
  if (rows.length === 0) return null;
  const theme = panel.theme.value;
  const tried = panel.trying.found.value;
  return (
    <section ref={section} class="what-if" aria-labelledby="what-if">
      <h2 id="what-if">What would help</h2>
      <TrySchedule {...{ panel, report, device }} />
      <div class="scroll">
        <table>
          <caption class="muted">
            Predicted from the recorded work: the slowdown of each session under another schedule, with the
            range that the recording leaves open.
          </caption>
          <thead>
            <tr>
              <th scope="col">
                <Explained means={MEANS.schedule}>schedule</Explained>
              </th>
              {device.sessions.map((id) => (
                <th key={id} scope="col">
                  <Explained means={MEANS.predicted}>
                    <SessionName
                      {...{ report, device, theme, id }}
                      isShort={device.sessions.length > MOST_AT_ONCE}
                    />
                  </Explained>
                  {isServed(id, device) && <small>per request</small>}
                </th>
              ))}
              <th scope="col">
                <Explained means={MEANS.done}>all done in</Explained>
              </th>
              <th scope="col">
                <Explained means={MEANS.peak}>memory peak</Explained>
              </th>
            </tr>
          </thead>
          <tbody>
            {tried !== null && <Row {...{ report }} row={rowOf(tried, device)} isTried />}
            {rows.map((row, index) => (
              <Row key={index} {...{ report, row }} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
