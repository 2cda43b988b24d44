// Opens an HTML report in Chromium as somebody does who got it by mail: `node report.mjs FILE OUT [with predictions]`.
// Prints {check: null or what was wrong}; pictures go to OUT.
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { createRequire } from 'node:module';

const require = createRequire(new URL('../../frontend/package.json', import.meta.url));
const { chromium } = require('playwright-core');
const [file, out] = process.argv.slice(2);
const address = pathToFileURL(path.resolve(file)).href;

const expect = (truth, what) => {
  if (!truth) throw new Error(what);
};

/** A page on which anything that leaves the file is an error. */
async function open(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1200, height: 900 }, offline: true, ...options });
  const page = await context.newPage();
  const wrong = [];
  page.on('pageerror', (error) => wrong.push(`${error}`));
  page.on('console', (message) => message.type() === 'error' && wrong.push(message.text()));
  page.on('request', (request) => request.url() !== address && wrong.push(`asked for ${request.url()}`));
  await page.goto(address);
  return { page, wrong, close: () => context.close() };
}

const CHECKS = {
  async 'whole without scripts'(browser) {
    const { page, wrong, close } = await open(browser, { javaScriptEnabled: false });
    const text = await page.locator('body').innerText();
    for (const part of ['slower', 'Step times', 'What would help', 'What sharing cost', 'Who delays whom', 'SHA-256']) {
      expect(text.includes(part), `${part} is missing`);
    }
    expect((await page.locator('figure svg').count()) >= 3, 'plots are missing');
    expect(wrong.length === 0, wrong.join('; '));
    await close();
  },

  async 'hover tells who was at work, and leaves the titles as they were'(browser) {
    const { page, wrong, close } = await open(browser);
    const titles = await page.locator('svg title').count();
    const slots = page.locator('figure').first().locator('.hit');
    expect((await slots.count()) > 50, 'nothing to hover over');
    await slots.nth(40).hover();
    const tip = page.locator('.tip');
    expect(await tip.isVisible(), 'no tip');
    const said = await tip.innerText();
    expect(/\sms to .*\sms/.test(said) && /work for \d+\s%/.test(said) && /memory: up to/.test(said), `tip: ${said}`);
    await page.locator('figure').nth(1).locator('.hit').first().hover();
    expect(/^step \d+: own/.test(await tip.innerText()), `steps: ${await tip.innerText()}`);
    await page.mouse.move(2, 2);
    expect(!(await tip.isVisible()), 'the tip stays');
    expect((await page.locator('svg title').count()) === titles, 'titles are lost');
    expect(wrong.length === 0, wrong.join('; '));
    await close();
  },

  async 'a number and its unit stand on one line'(browser) {
    const { page, close } = await open(browser);
    const quantity = String.raw`(?:[<>] )?\d[\d.,]* (?:%|[nµm]?s|min|h|days?|[KMGT]iB|B)(?![\w])`;
    for (const width of [360, 480, 700]) {
      await page.setViewportSize({ width, height: 900 });
      const [found, parted] = await page.evaluate((pattern) => {
        for (const folded of document.querySelectorAll('details')) folded.open = true;
        const parted = [];
        let found = 0;
        for (const block of document.querySelectorAll('h1,h2,h3,p,li,dd,td,th,footer,.card div,figcaption')) {
          if (block.querySelector('p,li,div,svg')) continue;
          // The text of a block with the node and the place of each character.
          const places = [];
          const walker = document.createTreeWalker(block, NodeFilter.SHOW_TEXT);
          for (let node = walker.nextNode(); node; node = walker.nextNode()) {
            for (let at = 0; at < node.length; at++) places.push([node, at]);
          }
          const text = places.map(([node, at]) => node.data[at]).join('');
          for (const match of text.matchAll(new RegExp(pattern, 'g'))) {
            found += 1;
            const range = document.createRange();
            range.setStart(...places[match.index]);
            const [last, at] = places[match.index + match[0].length - 1];
            range.setEnd(last, at + 1);
            const rows = [...range.getClientRects()].filter((r) => r.width > 0).map((r) => r.top + r.height / 2);
            if (Math.max(...rows) - Math.min(...rows) > 4) parted.push(match[0]);
          }
        }
        return [found, parted];
      }, quantity);
      expect(found > 100, `only ${found} quantities`);
      expect(parted.length === 0, `${width} px: ${parted.length} of ${found}: ${parted.slice(0, 9).join('; ')}`);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect(wide <= 0, `the page is ${wide} px wider than ${width} px`);
    }
    await close();
  },

  async 'light and dark differ, and text stands out in both'(browser) {
    const grounds = [];
    for (const colorScheme of ['light', 'dark']) {
      const { page, close } = await open(browser, { colorScheme });
      const [text, ground] = await page.evaluate(() => {
        const style = getComputedStyle(document.body);
        return [style.color, style.backgroundColor].map((c) => c.match(/\d+/g).slice(0, 3).map(Number));
      });
      const light = ([r, g, b]) => {
        const part = (v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4);
        return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
      };
      const [high, low] = [light(text), light(ground)].sort((a, b) => b - a);
      expect((high + 0.05) / (low + 0.05) > 7, `${colorScheme}: contrast`);
      grounds.push(`${ground}`);
      await page.screenshot({ path: path.join(out, `report-${colorScheme}.png`), fullPage: true });
      await close();
    }
    expect(grounds[0] !== grounds[1], 'both themes are the same');
  },

  async 'prints light, on paper of its own size, with nothing cut at the side'(browser) {
    const { page, close } = await open(browser, { colorScheme: 'dark' });
    await page.emulateMedia({ media: 'print' });
    const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    expect(ground === 'rgb(255, 255, 255)', `paper is ${ground}`);
    await page.setViewportSize({ width: 690, height: 980 });
    const wide = await page.evaluate(() =>
      [...document.querySelectorAll('svg, table')].filter((e) => e.getBoundingClientRect().right > innerWidth + 1).length,
    );
    expect(wide === 0, `${wide} plots or tables are wider than the page`);
    const pdf = await page.pdf({ path: path.join(out, 'report.pdf'), preferCSSPageSize: true });
    expect(pdf.length > 20_000, 'no pages');
    await close();
  },

  async 'headings are in order and every plot has a name'(browser) {
    const { page, close } = await open(browser);
    const levels = await page.locator('h1, h2, h3').evaluateAll((all) => all.map((h) => Number(h.tagName[1])));
    expect(levels[0] === 1 && levels.filter((level) => level === 1).length === 1, 'one first heading');
    const unnamed = await page.locator('svg[role=img]:not([aria-label])').count();
    expect(unnamed === 0 && (await page.locator('th:not([scope])').count()) === 0, 'something has no name');
    expect((await page.locator('html').getAttribute('lang')) === 'en', 'no language');
    await close();
  },
};

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM_PATH || '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});
const outcome = {};
for (const [name, check] of Object.entries(CHECKS)) {
  try {
    await check(browser);
    outcome[name] = null;
  } catch (error) {
    outcome[name] = `${error}`;
  }
}
await browser.close();
process.stdout.write(JSON.stringify(outcome));
