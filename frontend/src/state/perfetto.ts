/**
 * Hands a trace to Perfetto's page in a tab of its own, as that page's documentation asks: the tab is opened by the click, gets PING until
 * it answers PONG, and then the trace. Nothing is loaded or handed over before.
 */
import { formatBytes } from '../base/format';
import { bytes } from '../base/units';
import { messageOf } from './activity';

const PING_MS = 100;
/** From then on a sentence says that the page does not answer; it may still. */
const SLOW_MS = 8_000;
/** A page that did not answer until then is not there. */
const MOST_MS = 120_000;

export interface Handing {
  /** The address of the page. */
  readonly address: string;
  readonly title: string;
  readonly fileName: string;
  /** Fetch the trace; begins while the page loads. */
  readonly load: () => Promise<ArrayBuffer>;
  /** Say how far it is. */
  readonly say: (text: string) => void;
  /** Ends the handing over, where another one takes its place. */
  readonly signal: AbortSignal;
}

/** Whether the page in another tab is ready for a trace; false where the tab is closed or stays silent. */
function answers(tab: Window, origin: string, signal: AbortSignal, onSlow: () => void): Promise<boolean> {
  return new Promise((resolve) => {
    const began = Date.now();
    let isSlow = false;
    const end = (isThere: boolean): void => {
      clearInterval(timer);
      window.removeEventListener('message', listen);
      resolve(isThere);
    };
    const listen = ({ data, origin: from, source }: MessageEvent): void => {
      if (data === 'PONG' && from === origin && source === tab) end(true);
    };
    const timer = setInterval(() => {
      const passed = Date.now() - began;
      if (tab.closed || signal.aborted || passed > MOST_MS) {
        end(false);
        return;
      }
      // To whoever is there: until the page is loaded that is an empty one, and the word holds nothing.
      tab.postMessage('PING', '*');
      if (passed < SLOW_MS || isSlow) return;
      isSlow = true;
      onSlow();
    }, PING_MS);
    window.addEventListener('message', listen);
  });
}

/** Open the page and hand it the trace; to be called by a click, or the browser opens no tab. */
export async function handOver({
  address,
  title,
  fileName,
  load,
  say: tell,
  signal,
}: Handing): Promise<void> {
  const { origin, host } = new URL(address);
  const say = (text: string): void => {
    if (!signal.aborted) tell(text);
  };
  const silent = `${host} has not answered yet. If it does not show in the new tab, check the network, or download the trace and open it in a Perfetto that you can reach.`;
  const tab = window.open(address);
  if (tab === null) {
    say(
      `The browser blocked the new tab. Allow pop-ups for this page and click again, or download the trace and open it in ${host}.`,
    );
    return;
  }
  say(`Waiting for ${host} in the new tab.`);
  const answered = answers(tab, origin, signal, () => say(silent));
  let buffer: ArrayBuffer;
  try {
    buffer = await load();
  } catch (error) {
    tab.close();
    say(`Nothing was handed over, because the trace could not be written: ${messageOf(error)}`);
    return;
  }
  if (!(await answered)) {
    say(
      tab.closed
        ? `The tab of ${host} was closed before it took the trace. Click again to open it.`
        : `Nothing was handed over. ${silent}`,
    );
    return;
  }
  tab.postMessage({ perfetto: { buffer, title, fileName } }, origin);
  say(
    `Handed ${formatBytes(bytes(buffer.byteLength))} over to ${host}. If it asks whether to trust this page, confirm.`,
  );
}
