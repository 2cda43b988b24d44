// Look for what does not fit: `node layouts.mjs URL PICTURES NAME`. Opens the panel at several sizes in both themes, as at 200 % zoom, and on
// paper, and prints one JSON object, layout -> what overflows, overlaps, is cut off, or was printed on the console.
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = path.dirname(fileURLToPath(import.meta.url));
const require = createRequire(path.join(HERE, '../../frontend/package.json'));
const { chromium } = require('playwright-core');

const [url, pictures, prefix] = process.argv.slice(2);

const LAYOUTS = {
  '1000x700': { width: 1000, height: 700 },
  '1280x900': { width: 1280, height: 900 },
  '2560x1440': { width: 2560, height: 1440 },
  // Zoom makes the page narrower in its own pixels, and each of them larger.
  '1280x900 at 200 %': { width: 640, height: 450, zoom: 2 },
  print: { width: 794, height: 1123, isPrint: true },
};

/** The layouts in which each table is looked at, not the first alone. */
const EVERY_TABLE = new Set(['1280x900', 'print']);

/** What does not fit, in words; runs in the page. */
function misfits() {
  const found = [];
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth + 1) found.push(`the page is ${root.scrollWidth - root.clientWidth} px too wide`);
  const nameOf = (e) => `${e.tagName.toLowerCase()}.${[...e.classList].join('.')} "${e.textContent.trim().slice(0, 40)}"`;
  const isSeen = (e) => e.checkVisibility({ opacityProperty: false, visibilityProperty: true }) && e.closest('.visually-hidden') === null;
  const scrolls = (e, axis) => ['auto', 'scroll'].includes(getComputedStyle(e)[`overflow${axis}`]);
  for (const element of document.querySelectorAll('main *')) {
    if (!isSeen(element) || element.closest('svg, canvas, select') !== null) continue;
    const style = getComputedStyle(element);
    const isCut = ['hidden', 'clip'].includes(style.overflowX) && element.scrollWidth > element.clientWidth + 1;
    // An ellipsis says that there is more, and the title has the whole.
    const isEllipsis = style.textOverflow === 'ellipsis' && element.closest('[title]') !== null;
    if (isCut && !isEllipsis && element.clientWidth > 0) found.push(`cut off: ${nameOf(element)}`);
    if (['hidden', 'clip'].includes(style.overflowX)) continue;
    const texts = [...element.childNodes].filter((node) => node.nodeType === 3 && node.textContent.trim() !== '');
    const boxes = texts.flatMap((node) => {
      const range = document.createRange();
      range.selectNodeContents(node);
      return [...range.getClientRects()];
    });
    if (boxes.length === 0) continue;
    const text = { left: Math.min(...boxes.map((b) => b.left)), right: Math.max(...boxes.map((b) => b.right)) };
    for (let box = element.parentElement; box !== null && box.tagName !== 'MAIN'; box = box.parentElement) {
      if (scrolls(box, 'X') || ['hidden', 'clip'].includes(getComputedStyle(box).overflowX)) break;
      if (getComputedStyle(box).position === 'absolute' || style.position === 'absolute') break;
      const { left, right } = box.getBoundingClientRect();
      const isInline = getComputedStyle(box).display === 'inline';
      if (!isInline && (text.right > right + 2 || text.left < left - 2)) {
        found.push(`leaves ${nameOf(box).slice(0, 40)}: ${nameOf(element)}`);
        break;
      }
    }
  }
  // Labels beside the lanes are placed by hand: none may lie on another.
  const labels = [...document.querySelectorAll('.body .labels > .shell')].filter(isSeen).map((e) => [e, e.getBoundingClientRect()]);
  labels.forEach(([e, box], i) => {
    const next = labels[i + 1];
    if (next !== undefined && next[1].top < box.bottom - 1) found.push(`overlaps the next: ${nameOf(e)}`);
  });
  return [...new Set(found)].slice(0, 12);
}

/** What does not fit and stays so: the widths of columns follow a change of the medium by some frames, on a busy machine by many. */
async function lasting(page, frame) {
  let found = await frame.evaluate(misfits);
  for (let tries = 0; found.length > 0 && tries < 20; tries += 1) {
    await page.waitForTimeout(250);
    found = await frame.evaluate(misfits);
  }
  return found;
}

/** A page of TensorBoard for one zoom, with what went wrong in it; its own scripts take far longer than the panel, so it is opened once. */
async function opened(browser, zoom) {
  const page = await browser.newPage({ deviceScaleFactor: zoom });
  const errors = [];
  page.on('console', (message) => message.type() === 'error' && !/ERR_INTERNET_DISCONNECTED|Failed to load resource/.test(message.text()) && errors.push(`console: ${message.text()}`));
  page.on('pageerror', (error) => errors.push(String(error)));
  await page.goto(url);
  return { page, errors };
}

async function look({ page, errors }, name, { width, height, isPrint = false }, theme) {
  await page.emulateMedia({ media: null });
  await page.setViewportSize({ width, height });
  await page.evaluate((isDark) => document.body.classList.toggle('dark-mode', isDark), theme === 'dark');
  const frame = await (await page.waitForSelector('iframe[src*="plugin_entry"]', { timeout: 60_000 })).contentFrame();
  await frame.waitForURL(/plugin_entry/); // before, it has no address
  await frame.goto(frame.url());
  await frame.waitForSelector('.stage', { timeout: 60_000 });
  await frame.waitForFunction(() => document.documentElement.dataset.tbContention === 'idle');
  if (isPrint) await page.emulateMedia({ media: 'print' });
  await page.waitForTimeout(250);
  const found = await lasting(page, frame);
  const file = `${prefix}-${name.replace(/\W+/g, '-')}-${theme}.png`;
  if (isPrint) await frame.locator('main').screenshot({ path: path.join(pictures, file) });
  else await page.screenshot({ path: path.join(pictures, file) });
  if (EVERY_TABLE.has(name) && theme === 'light') {
    for (const tab of await frame.locator('[role=tab]').all()) {
      // Paper has no tabs to click.
      await page.emulateMedia({ media: null });
      const title = await tab.textContent();
      await tab.click();
      await frame.waitForFunction(() => document.documentElement.dataset.tbContention === 'idle');
      if (isPrint) await page.emulateMedia({ media: 'print' });
      found.push(...(await lasting(page, frame)).map((what) => `${what} (table: ${title})`));
    }
  }
  return [...errors.splice(0), ...new Set(found)];
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-sync'],
});
const results = {};
const pages = new Map();
for (const [name, layout] of Object.entries(LAYOUTS)) {
  const zoom = layout.zoom ?? 1;
  if (!pages.has(zoom)) pages.set(zoom, await opened(browser, zoom));
  for (const theme of ['light', 'dark']) {
    try {
      results[`${name}, ${theme}`] = await look(pages.get(zoom), name, layout, theme);
    } catch (error) {
      results[`${name}, ${theme}`] = [String(error).slice(0, 300)];
    }
  }
}
await browser.close();
console.log(JSON.stringify(results, null, 1));
