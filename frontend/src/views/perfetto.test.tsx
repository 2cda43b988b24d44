import { render } from 'preact';
import { beforeEach, expect, it, vi } from 'vitest';
import { layout, report } from '../testing/literals';
import { panelOf } from '../testing/panel';
import { PerfettoMenu } from './perfetto';

function shown(files: readonly string[], perfetto = ''): HTMLElement {
  const made = report(['alpha', 'beta']);
  const sessions = made.sessions.map((each, k) => ({ ...each, file: files[k] ?? '' }));
  const panel = panelOf([], { perfetto, report: { ...made, sessions } });
  panel.timeline.layout.value = layout;
  render(<PerfettoMenu panel={panel} />, document.body);
  return document.body;
}

beforeEach(() => {
  render(null, document.body);
});

it('states what is handed over and where to, and hands nothing before a click', () => {
  const open = vi.spyOn(window, 'open');
  const page = shown(['a.xplane.pb', 'b.xplane.pb']);
  expect(page.textContent).toContain(
    'The button opens ui.perfetto.dev in a new tab and hands it 2 aligned sessions',
  );
  expect(page.textContent).toContain('Google serves that page');
  expect(page.textContent).not.toContain('.tar');
  expect(open).not.toHaveBeenCalled();
});

it('says of another page only what is known of it', () => {
  const text = shown(['a.xplane.pb', 'b.xplane.pb'], 'https://traces.example.com/ui').textContent;
  expect(text).toContain('opens traces.example.com in a new tab');
  expect(text).not.toContain('Google');
});

it('offers the original files that Perfetto reads, and names the others', () => {
  const page = shown(['one/a.pt.trace.json.gz', 'two/b.sqlite']);
  expect(page.textContent).toContain('Download with 1 original file (.tar)');
  expect(page.textContent).toContain('Left out, because Perfetto does not read them: two/b.sqlite.');
  const links = [...page.querySelectorAll('a')].map((link) => link.getAttribute('href'));
  expect(links[1]).toContain('format=perfetto-archive');
});
