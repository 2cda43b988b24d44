// `node dev/screenshot.mjs URL FILE [light|dark] [WIDTHxHEIGHT] [KEYS]`: the panel as a picture, after some keys.
import { chromium } from 'playwright-core';

const [url, file, theme = 'light', size = '1280x1000', keys = ''] = process.argv.slice(2);
const [width, height] = size.split('x').map(Number);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
});
const page = await browser.newPage({ viewport: { width, height } });
page.on('console', (message) => message.type() === 'error' && console.error(message.text()));
page.on('pageerror', (error) => console.error(error));
await page.goto(url);
if (theme === 'dark') await page.evaluate(() => document.body.classList.add('dark-mode'));
const frame = await (await page.waitForSelector('iframe[src*="plugin_entry"]')).contentFrame();
const idle = () =>
  frame.waitForFunction(
    () => document.documentElement.dataset.tbContention === 'idle' && document.querySelector('h1'),
  );
await idle();
for (const key of keys.split(',').filter(Boolean)) {
  await frame.focus('.stage');
  await page.keyboard.press(key);
  await page.waitForTimeout(60);
}
await page.waitForTimeout(400);
await idle();
await page.screenshot({ path: file });
await browser.close();
