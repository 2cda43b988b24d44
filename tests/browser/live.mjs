// A capture that appears while the panel is looked at: `node live.mjs URL FROM TO`. Copies the folder FROM to TO once the panel shows
// a verdict, and prints the verdicts before and after, and errors on the console, as JSON.
import { cpSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = path.dirname(fileURLToPath(import.meta.url));
const { chromium } = createRequire(path.join(HERE, '../../frontend/package.json'))('playwright-core');

const [url, from, to] = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});
const page = await browser.newPage();
const errors = [];
page.on('console', (message) => message.type() === 'error' && !/ERR_INTERNET_DISCONNECTED|Failed to load resource/.test(message.text()) && errors.push(message.text()));
page.on('pageerror', (error) => errors.push(String(error)));
await page.goto(url);
const frame = await (await page.waitForSelector('iframe[src*="plugin_entry"]', { timeout: 60_000 })).contentFrame();
await frame.waitForSelector('#verdict', { timeout: 60_000 });
const before = await frame.innerText('#verdict');
cpSync(from, to, { recursive: true });
await frame.waitForFunction((text) => document.querySelector('#verdict').innerText !== text, before, { timeout: 60_000 });
const after = await frame.innerText('#verdict');
await browser.close();
console.log(JSON.stringify({ before, after, errors }));
