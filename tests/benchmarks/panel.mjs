// Measure one view in Chromium: `node panel.mjs paint|use|hidden panel|xprof|xprof2 URL [SECONDS]`. Prints one JSON object.
// Each call starts a browser of its own, 1440x900, without GPU and with an empty HTTP cache; panel.py says what the figures mean.
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = path.dirname(fileURLToPath(import.meta.url));
const { chromium } = createRequire(path.join(HERE, '../../frontend/package.json'))('playwright-core');

const ARGUMENTS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--window-size=1440,900',
];
/** For xprof's second viewer, which draws with WebGPU: by software where there is no GPU. */
const WEBGPU = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'];
const SIZE = { width: 1440, height: 900 };
const REPEAT_MS = 33;
const PAINT_TIMEOUT_MS = Number(process.env.PAINT_TIMEOUT_MS ?? 600_000);

const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** What differs between the two: where the view is, when it is painted, and how it takes keys, wheel and pointer. */
const VIEWS = {
  panel: {
    frame: /\/data\/plugin_entry\.html/,
    requests: /\/data\/plugin\/tb_contention\/|\/data\/plugin_entry\.html/,
    tracks: '.body canvas',
    wheelModifier: null,
    async focus(page, frame) {
      await frame.locator('.stage').evaluate((stage) => stage.scrollIntoView({ block: 'start' }));
      await frame.focus('.stage');
    },
    fit: 'f',
  },
  xprof: {
    frame: /\/trace_viewer_index\.html/,
    requests: /./,
    tracks: null,
    wheelModifier: 'Alt',
    async focus(page) {
      // Below the tracks: selects nothing.
      await page.mouse.click(SIZE.width / 2, SIZE.height * 0.6);
    },
    fit: '0',
  },
  xprof2: { frame: /\/plugin\/profile\/index\.html/ },
};

/**
 * Runs in the page before its scripts: window.painted becomes the time, in ms from the start of the view's own document, of the frame
 * after the one that has first all that is waited for. panel: the verdict, with which the answers come, and tiles on the canvas. xprof:
 * ten rectangles in colour on a canvas, which are slices of tracks (background, headings and rulers are grey). xprof2: what it first hands
 * to WebGPU once the trace is there.
 *
 * It runs in the page also where the panel is in a frame: what a script asks of a frame before its document is there gets lost.
 */
function watchPaint(tool) {
  if (window.top !== window) return;
  let coloured = 0;
  const prototype = CanvasRenderingContext2D.prototype;
  const original = prototype.fillRect;
  const isColour = (style) => {
    if (typeof style !== 'string' || !/^#[0-9a-f]{6}$/.test(style)) return false;
    const parts = [1, 3, 5].map((at) => Number.parseInt(style.slice(at, at + 2), 16));
    return Math.max(...parts) - Math.min(...parts) > 32;
  };
  const views = {
    panel: {
      inside: () =>
        location.pathname.endsWith('/plugin_entry.html')
          ? window
          : document.querySelector('iframe[src*="plugin_entry"]')?.contentWindow,
      isPainted: ({ document: { documentElement }, performance }) =>
        performance.getEntriesByName('tb_contention.first_paint').length > 0 &&
        documentElement.querySelector('#verdict')?.textContent.trim(),
    },
    xprof: { inside: () => window, isPainted: () => coloured >= 10 },
    xprof2: { inside: () => window, isPainted: () => isDrawn },
  };
  let isDrawn = false;
  if (tool === 'xprof2') {
    localStorage.setItem('use_trace_viewer_v2', 'true');
    const isTrace = ({ name, responseEnd }) => responseEnd > 0 && /\/profile\/data\?.*tag=trace_viewer/.test(name);
    const submit = GPUQueue.prototype.submit;
    GPUQueue.prototype.submit = function submitted(...commands) {
      isDrawn ||= performance.getEntriesByType('resource').some(isTrace);
      return submit.apply(this, commands);
    };
  }
  if (tool === 'xprof') {
    prototype.fillRect = function fillRect(...box) {
      if (isColour(this.fillStyle)) coloured += 1;
      return original.apply(this, box);
    };
  }
  const { inside, isPainted } = views[tool];
  const look = () => {
    const view = inside();
    if (!view?.document?.documentElement || !isPainted(view)) {
      requestAnimationFrame(look);
      return;
    }
    prototype.fillRect = original;
    requestAnimationFrame(() => {
      window.painted = view.performance.now();
    });
  };
  requestAnimationFrame(look);
}

/** Count the animation frames that run in each frame of the page. */
function watchFrames() {
  window.framesRun = 0;
  const original = window.requestAnimationFrame.bind(window);
  window.requestAnimationFrame = (callback) =>
    original((time) => {
      window.framesRun += 1;
      callback(time);
    });
}

async function findFrame(page, pattern) {
  const deadline = Date.now() + 60_000;
  while (Date.now() < deadline) {
    const found = page.frames().find((frame) => pattern.test(frame.url()));
    if (found !== undefined) return found;
    await sleep(20);
  }
  throw new Error(`No frame of ${pattern} within 60 s.`);
}

async function open(browser, tool, url) {
  const context = await browser.newContext({ viewport: SIZE });
  const page = await context.newPage();
  await page.addInitScript(watchPaint, tool);
  await page.goto(url);
  const frame = await findFrame(page, VIEWS[tool].frame);
  const limit = { timeout: PAINT_TIMEOUT_MS, polling: 50 };
  await page.waitForFunction(() => window.painted !== undefined, undefined, limit).catch((error) => {
    throw error.name === 'TimeoutError' ? new Error(`Nothing was painted within ${PAINT_TIMEOUT_MS / 1000} s.`) : error;
  });
  return { page, frame, view: VIEWS[tool] };
}

/** Time and bytes until the first paint; bytes are those of the view's own document and of what it asked for. */
async function paint(browser, tool, url) {
  const { frame } = await open(browser, tool, url);
  return frame.evaluate(() => {
    const until = window.top.painted;
    const entries = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
    const before = entries.filter((entry) => entry.responseEnd > 0 && entry.responseEnd <= until);
    return { paint_ms: until, bytes: before.reduce((sum, entry) => sum + entry.transferSize, 0), requests: before.length };
  });
}

class User {
  constructor({ page, frame, view }) {
    this.page = page;
    this.frame = frame;
    this.view = view;
  }

  async middle() {
    if (this.view.tracks === null) return { x: SIZE.width / 2, y: 180 };
    const box = await this.frame.locator(this.view.tracks).boundingBox();
    return { x: box.x + box.width / 2, y: Math.min(box.y + 60, SIZE.height - 40) };
  }

  async hold(key, milliseconds) {
    const deadline = Date.now() + milliseconds;
    while (Date.now() < deadline) {
      await this.page.keyboard.down(key);
      await sleep(REPEAT_MS);
    }
    await this.page.keyboard.up(key);
  }

  /** Zoom in, pan to and fro, zoom out. */
  async keys(milliseconds) {
    for (const [key, part] of [['w', 0.3], ['d', 0.2], ['a', 0.2], ['s', 0.3]]) await this.hold(key, part * milliseconds);
  }

  /** Zoom in, and out again. */
  async wheel(milliseconds) {
    for (const direction of [-1, 1]) await this.turn(direction, milliseconds / 2);
  }

  async turn(direction, milliseconds) {
    const { wheelModifier } = this.view;
    const deadline = Date.now() + milliseconds;
    if (wheelModifier !== null) await this.page.keyboard.down(wheelModifier);
    while (Date.now() < deadline) {
      await this.page.mouse.wheel(0, direction * 60);
      await sleep(REPEAT_MS);
    }
    if (wheelModifier !== null) await this.page.keyboard.up(wheelModifier);
  }

  async drag(milliseconds) {
    const { x, y } = await this.middle();
    await this.page.mouse.down();
    const begin = Date.now();
    while (Date.now() < begin + milliseconds) {
      await this.page.mouse.move(x + 300 * Math.sin(((Date.now() - begin) / 1000) * Math.PI), y);
      await sleep(8);
    }
    await this.page.mouse.move(x + 40, y);
    await this.page.mouse.up();
  }

  /** From the whole, with the pointer in the middle. */
  async prepare(zoom) {
    await this.view.focus(this.page, this.frame);
    await this.page.keyboard.press(this.view.fit);
    const { x, y } = await this.middle();
    await this.page.mouse.move(x, y);
    for (let i = 0; i < zoom; i += 1) {
      await this.page.keyboard.press('w');
      await sleep(REPEAT_MS);
    }
    await sleep(800);
  }

  picture = async () => {
    const { x, y } = await this.middle();
    await this.page.mouse.move(x, y);
    await sleep(300);
    return this.page.screenshot();
  };

  /** A gesture that changes nothing on screen is not measured. */
  async rehearse(gesture, zoom) {
    await this.prepare(zoom);
    const before = await this.picture();
    if (gesture === 'keys') await this.hold('w', 300);
    else if (gesture === 'wheel') await this.turn(-1, 150);
    else await this.drag(250);
    return !before.equals(await this.picture());
  }

  /** Intervals between animation frames during a gesture, in ms; null where the gesture does nothing. */
  async frames(gesture, milliseconds) {
    const zoom = gesture === 'drag' ? 8 : 0;
    if (!(await this.rehearse(gesture, zoom))) return null;
    await this.prepare(zoom);
    await this.frame.evaluate(() => {
      const times = [];
      const note = (time) => {
        times.push(time);
        window.recording = requestAnimationFrame(note);
      };
      window.times = times;
      window.recording = requestAnimationFrame(note);
    });
    await this[gesture](milliseconds);
    const times = await this.frame.evaluate(() => {
      cancelAnimationFrame(window.recording);
      return window.times;
    });
    const intervals = times.slice(1).map((time, i) => time - times[i]);
    return { ...quantiles(intervals), count: intervals.length };
  }
}

function quantiles(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
  return { p50: at(0.5), p95: at(0.95), max: sorted.at(-1) };
}

async function metrics(cdp) {
  const answer = await cdp.send('Performance.getMetrics');
  return Object.fromEntries(answer.metrics.map(({ name, value }) => [name, value]));
}

/** Script and task time of the main thread per pointer move over the tracks, in ms. */
async function hover(user, cdp, moves) {
  await user.prepare(0);
  const { x, y } = await user.middle();
  const [script, task] = [[], []];
  for (let i = 0; i < moves; i += 1) {
    const before = await metrics(cdp);
    await user.page.mouse.move(x - 400 + ((i * 37) % 800), y + (i % 6) * 12);
    await sleep(40);
    const after = await metrics(cdp);
    script.push((after.ScriptDuration - before.ScriptDuration) * 1000);
    task.push((after.TaskDuration - before.TaskDuration) * 1000);
  }
  return { script: quantiles(script), task: quantiles(task), count: moves };
}

async function heap(cdp) {
  await cdp.send('HeapProfiler.collectGarbage');
  return (await metrics(cdp)).JSHeapUsedSize;
}

/** Frames of the three gestures, work per pointer move, and the heap before and after all that. */
async function use(browser, tool, url, seconds) {
  const opened = await open(browser, tool, url);
  await sleep(1000);
  const cdp = await opened.page.context().newCDPSession(opened.page);
  await cdp.send('Performance.enable');
  await cdp.send('HeapProfiler.enable');
  const user = new User(opened);
  const result = { heap_at_first_paint: await heap(cdp), frames: {} };
  for (const gesture of ['keys', 'wheel', 'drag']) result.frames[gesture] = await user.frames(gesture, seconds * 1000);
  result.hover = await hover(user, cdp, Math.max(10, Math.round(seconds * 20)));
  await user.prepare(0);
  return { ...result, heap: await heap(cdp) };
}

/** A page that Playwright does not know of: in its own pages it makes Chromium pretend that they are always looked at. */
class Unattended {
  #id = 0;
  #waiting = new Map();
  requests = [];

  static async open(browser, tool, url) {
    const unattended = new Unattended();
    const root = await browser.newBrowserCDPSession();
    const { browserContextId } = await root.send('Target.createBrowserContext');
    const create = (address) => root.send('Target.createTarget', { url: address, browserContextId });
    const { targetId } = await create('about:blank');
    const { sessionId } = await root.send('Target.attachToTarget', { targetId, flatten: false });
    Object.assign(unattended, { root, create, targetId, sessionId });
    root.on('Target.receivedMessageFromTarget', (event) => {
      if (event.sessionId === sessionId) unattended.#receive(JSON.parse(event.message));
    });
    for (const domain of ['Page', 'Network', 'Runtime']) await unattended.send(`${domain}.enable`);
    for (const source of [`(${watchPaint})(${JSON.stringify(tool)})`, `(${watchFrames})()`]) {
      await unattended.send('Page.addScriptToEvaluateOnNewDocument', { source });
    }
    await unattended.send('Emulation.setDeviceMetricsOverride', { ...SIZE, deviceScaleFactor: 1, mobile: false });
    await unattended.send('Page.navigate', { url });
    return unattended;
  }

  send(method, params = {}) {
    this.#id += 1;
    const answer = new Promise((resolve, reject) => this.#waiting.set(this.#id, { resolve, reject }));
    const message = JSON.stringify({ id: this.#id, method, params });
    const sent = this.root.send('Target.sendMessageToTarget', { sessionId: this.sessionId, message });
    return Promise.all([answer, sent]).then(([result]) => result);
  }

  #receive(message) {
    if (message.method === 'Network.requestWillBeSent') this.requests.push(message.params.request.url);
    const waiting = this.#waiting.get(message.id);
    if (waiting === undefined) return;
    this.#waiting.delete(message.id);
    if (message.error) waiting.reject(new Error(message.error.message));
    else waiting.resolve(message.result);
  }

  async evaluate(expression) {
    const { result, exceptionDetails } = await this.send('Runtime.evaluate', { expression, returnByValue: true });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }
}

/** The window of the view, seen from the page. */
const INSIDE = {
  panel: `document.querySelector('iframe[src*="plugin_entry"]').contentWindow`,
  xprof: 'window',
};

async function watchHidden(page, tool, seconds) {
  await sleep(1500);
  const inside = INSIDE[tool];
  const state = await page.evaluate(`${inside}.document.visibilityState + ' ' + ${inside}.innerHeight`);
  const [frames, requests] = [await page.evaluate(`${inside}.framesRun`), page.requests.length];
  if (!(frames > 0 && requests > 0)) throw new Error('The page that is to be hidden is not watched.');
  await sleep(seconds * 1000);
  const sent = page.requests.slice(requests).filter((url) => VIEWS[tool].requests.test(url));
  return { state, seconds, frames: (await page.evaluate(`${inside}.framesRun`)) - frames, requests: sent.length, sent };
}

/** What the view does while nobody looks: behind another tab of TensorBoard, and behind another tab of the browser. */
async function hidden(browser, tool, url, seconds) {
  const page = await Unattended.open(browser, tool, url);
  const deadline = Date.now() + PAINT_TIMEOUT_MS;
  while ((await page.evaluate('window.painted ?? null')) === null) {
    if (Date.now() > deadline) throw new Error('Nothing was painted in the page that is to be hidden.');
    await sleep(100);
  }
  await sleep(2000);
  const result = { other_plugin: null };
  if (tool === 'panel') {
    const back = await page.evaluate('location.hash');
    await page.evaluate(`location.hash = '#timeseries'`);
    result.other_plugin = await watchHidden(page, tool, seconds);
    await page.evaluate(`location.hash = ${JSON.stringify(back)}`);
    await sleep(1500);
  }
  const { targetId } = await page.create('about:blank');
  await page.root.send('Target.activateTarget', { targetId });
  return { ...result, other_page: await watchHidden(page, tool, seconds) };
}

const [what, tool, url, seconds = '5'] = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: tool === 'xprof2' ? [...ARGUMENTS, ...WEBGPU] : ARGUMENTS,
});
try {
  const result = await { paint, use, hidden }[what](browser, tool, url, Number(seconds));
  console.log(JSON.stringify({ ...result, chromium: browser.version() }));
} catch (error) {
  console.log(JSON.stringify({ error: String(error.message ?? error).split('\n')[0] }));
  process.exitCode = 1;
} finally {
  await browser.close();
}
