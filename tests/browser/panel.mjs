// Drive the panel in Chromium with real input events: `node panel.mjs URL PICTURES`. Prints one JSON object, name of flow
// -> null or what went wrong. Each flow finds the page as if just opened; what a flow states is its name.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = path.dirname(fileURLToPath(import.meta.url));
const require = createRequire(path.join(HERE, '../../frontend/package.json'));
const { chromium } = require('playwright-core');

const ARGUMENTS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--font-render-hinting=none', '--disable-lcd-text',
];

/** A name under which the server is no secure context. */
const INSECURE = 'contention.test';
ARGUMENTS.push(`--host-resolver-rules=MAP ${INSECURE} 127.0.0.1`);

const [url, pictures] = process.argv.slice(2);

function expect(condition, what) {
  if (!condition) throw new Error(what);
}

/** The panel in its frame, and the few things that every flow asks of it. */
class Panel {
  constructor(page, frame) {
    this.page = page;
    this.frame = frame;
  }

  static async attach(page) {
    const element = await page.waitForSelector('iframe[src*="plugin_entry"]', { timeout: 60_000 });
    const panel = new Panel(page, await element.contentFrame());
    await panel.frame.waitForSelector('h1', { timeout: 60_000 });
    await panel.idle();
    return panel;
  }

  /** Load the panel's frame anew, for which that is a reload of the page. */
  async again() {
    await this.frame.goto(this.frame.url());
    return Panel.attach(this.page);
  }

  /** Two frames without work: an effect may start the next request only after the last one settled. */
  async idle() {
    await this.frame.waitForFunction(
      () => new Promise((resolve) => {
        const isIdle = () => document.documentElement.dataset.tbContention === 'idle';
        if (!isIdle()) resolve(false);
        else requestAnimationFrame(() => requestAnimationFrame(() => resolve(isIdle())));
      }),
      undefined,
      { timeout: 60_000 },
    );
  }

  text = (selector) => this.frame.innerText(selector);

  /** The window in words; its first words come with the width of the lanes. */
  async window() {
    await this.frame.waitForFunction(() => document.querySelector('#window').innerText !== '', undefined, { timeout: 5000 });
    return this.text('#window');
  }

  /** The window becomes what it was before. */
  async windowBecomes(words, what) {
    const isThere = (text) => document.querySelector('#window').innerText === text;
    await this.frame.waitForFunction(isThere, words, { timeout: 5000 }).catch(() => null);
    const shown = await this.window();
    expect(shown === words, `${what}: ${shown} instead of ${words}`);
  }

  async box(selector) {
    const found = await this.frame.locator(selector).boundingBox();
    expect(found !== null, `${selector} has no box`);
    return found;
  }

  async focus() {
    await this.frame.focus('.stage');
  }

  async press(key) {
    await this.page.keyboard.press(key);
    await this.idle();
  }

  /** Scroll so that the lanes are on screen. */
  async reveal() {
    await this.frame.locator('.stage').scrollIntoViewIfNeeded();
    await this.frame.evaluate(() => document.querySelector('.stage').scrollIntoView({ block: 'start' }));
  }

  /** Move over the stream lanes until a tooltip shows. */
  async hover() {
    await this.reveal();
    const body = await this.box('.body canvas');
    for (const label of await this.frame.locator('.label.lane[data-kind=stream]').all()) {
      const place = await label.boundingBox();
      for (let x = 4; x < body.width; x += 9) {
        await this.page.mouse.move(body.x + x, place.y + place.height / 2);
        const tooltip = this.frame.locator('.tooltip .name');
        if ((await tooltip.count()) > 0) return tooltip.innerText();
      }
    }
    throw new Error('no tooltip anywhere on a stream lane');
  }
}

async function drag(panel, selector, from, to, modifier) {
  const box = await panel.box(selector);
  const y = box.y + (from[1] < 0 ? box.height + from[1] : from[1]);
  if (modifier) await panel.page.keyboard.down(modifier);
  await panel.page.mouse.move(box.x + from[0] * box.width, y);
  await panel.page.mouse.down();
  for (const part of [0.3, 0.6, 1]) {
    await panel.page.mouse.move(box.x + (from[0] + (to - from[0]) * part) * box.width, y);
  }
  await panel.page.mouse.up();
  if (modifier) await panel.page.keyboard.up(modifier);
  await panel.idle();
}

/** A height of the body's canvas on which no session's ruler is. */
const LANES = 110;

const FLOWS = {
  async 'the verdict is a sentence without holes'(panel) {
    const verdict = await panel.text('#verdict');
    expect(/takes \d\.\d\d× as long .* because of/.test(verdict), `verdict: ${verdict}`);
    const all = `${await panel.text('header')} ${await panel.text('.cards')} ${await panel.text('.toolbar')}`;
    expect(!/NaN|undefined|null|Infinity|\[object/.test(all), 'the panel prints a hole');
    expect((await panel.frame.locator('.card').count()) >= 2, 'no cards');
  },

  async 'a number and its unit stand on one line'({ page, frame }) {
    const quantity = String.raw`(?:[<>] )?\d[\d.,]* (?:%|[nµm]?s|min|h|days?|[KMGT]iB|B)(?![\w])`;
    const sentences = '#verdict, .answers dd, .recommendation h2, .recommendation dd, .finding h3, .finding .advice, .finding details p';
    await frame.evaluate(() => {
      for (const each of document.querySelectorAll('details')) each.open = true;
    });
    for (const width of [1280, 900, 640]) {
      await page.setViewportSize({ width, height: 900 });
      const [found, parted] = await frame.evaluate(([blocks, pattern]) => {
        let found = 0;
        const parted = [];
        for (const block of document.querySelectorAll(blocks)) {
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
      }, [sentences, quantity]);
      expect(found > 10, `only ${found} quantities`);
      expect(parted.length === 0, `${width} px: ${parted.length} of ${found}: ${parted.slice(0, 9).join('; ')}`);
    }
  },

  async 'what to do first stands above the findings, and a star asks for one session'(panel) {
    const headline = () => panel.text('#advice');
    const whom = () => panel.text('.recommendation > .muted');
    expect((await headline()).length > 5, 'no recommendation');
    const [first, findings] = await Promise.all([panel.box('.recommendation'), panel.box('.findings >> nth=0')]);
    expect(first.y < findings.y, 'it stands below the findings');
    for (const part of ['Setting', 'What it brings', 'How sure', 'Verify']) {
      expect((await panel.text('.recommendation .action-parts')).includes(part), `no ${part}`);
    }
    expect(/[Ii]n all: .*%/.test(await panel.text('.recommendation .action-parts')), 'not said what it brings in all');

    const star = panel.frame.locator('.card .star').nth(1);
    const label = (await star.getAttribute('aria-label')).replace(' matters most', '');
    await star.focus();
    await panel.page.keyboard.press('Enter');
    await panel.idle();
    expect((await star.getAttribute('aria-pressed')) === 'true', 'the star is not pressed');
    expect((await whom()).includes(`for ${label}`), `it does not answer for ${label}: ${await whom()}`);
    await panel.page.waitForFunction(() => location.hash.includes('.first='), undefined, { timeout: 5000 });

    const again = await panel.again();
    expect((await again.text('.recommendation > .muted')).includes(`for ${label}`), 'lost on reload');
    await again.frame.locator('.card .star').nth(1).click();
    await again.idle();
    expect(!(await again.text('.recommendation > .muted')).includes(' for '), 'the star cannot be taken back');
  },

  async 'the first paint is marked'(panel) {
    await panel.frame.waitForFunction(() => performance.getEntriesByName('tb_contention.first_paint').length > 0);
    const marks = await panel.frame.evaluate(() => performance.getEntriesByName('tb_contention.first_paint').length);
    expect(marks === 1, `${marks} marks`);
  },

  async 'the wheel scrolls the page until the timeline has focus, then zooms'(panel) {
    const before = await panel.window();
    const body = await panel.box('.body canvas');
    await panel.page.mouse.move(body.x + body.width / 2, Math.min(body.y + 40, 700));
    await panel.page.mouse.wheel(0, 120);
    await panel.page.waitForTimeout(150);
    await panel.idle();
    expect((await panel.window()) === before, 'the wheel zoomed without focus');
    expect((await panel.frame.evaluate(() => window.scrollY)) > 0, 'the page did not scroll');
    await panel.focus();
    await panel.reveal();
    const now = await panel.box('.body canvas');
    await panel.page.mouse.move(now.x + now.width / 2, now.y + 40);
    const scroll = await panel.frame.evaluate(() => window.scrollY);
    await panel.page.mouse.wheel(0, -600);
    await panel.page.waitForTimeout(150);
    await panel.idle();
    expect((await panel.window()) !== before, 'the wheel did not zoom with focus');
    expect((await panel.frame.evaluate(() => window.scrollY)) === scroll, 'the page scrolled as well');
  },

  async 'keys zoom, pan, fit and jump'(panel) {
    await panel.focus();
    const whole = await panel.window();
    await panel.press('w');
    await panel.press('w');
    const closer = await panel.window();
    expect(closer !== whole, 'w did not zoom');
    await panel.press('d');
    const moved = await panel.window();
    expect(moved !== closer, 'd did not pan');
    await panel.press('ArrowLeft');
    await panel.windowBecomes(closer, 'the arrow did not pan back');
    await panel.press('f');
    await panel.windowBecomes(whole, 'f did not fit');
    await panel.press('n');
    const said = await panel.frame.textContent('[aria-live]');
    expect(/[Cc]ontended/.test(said), `n announced: ${said}`);
    await panel.press('?');
    await panel.frame.waitForSelector('dialog[open]', { timeout: 3000 });
    await panel.press('Escape');
    await panel.frame.waitForSelector('dialog[open]', { state: 'hidden', timeout: 3000 });
  },

  async 'letters work wherever the focus is, and each effect is on screen'(panel) {
    const whole = await panel.window();
    await panel.frame.click('#verdict');
    await panel.press('w');
    expect((await panel.window()) !== whole, 'w needs the timeline to have focus');
    await panel.press('n');
    const onScreen = async (selector) => {
      const box = await panel.box(selector);
      expect(box.y >= 0 && box.y + Math.min(box.height, 60) <= 900, `${selector} is off screen: ${JSON.stringify(box)}`);
      return box;
    };
    await onScreen('.range-tag');
    expect((await panel.text('.range-tag')).trim() !== '', 'the range is not measured');
    await panel.frame.locator('.tabs').scrollIntoViewIfNeeded();
    await panel.frame.locator('[role=tab]', { hasText: /^Kernels$/ }).click();
    await panel.frame.locator('.kernels tbody .link').nth(1).click();
    await panel.frame.waitForSelector('.detail dl');
    await panel.idle();
    const detail = await onScreen('.detail');
    const first = await panel.text('.detail dl');
    await panel.press(']');
    await panel.frame.waitForFunction((text) => document.querySelector('.detail dl') && document.querySelector('.detail dl').innerText !== text, first);
    expect(detail.width > 200, 'details without room');
    await panel.press('Escape');
    await panel.press('[');
    await panel.frame.waitForSelector('.detail');
    await panel.press('Escape');
  },

  async 'dragging pans, a range is chosen and zoomed to, and the minimap moves the window'(panel) {
    await panel.reveal();
    const whole = await panel.window();
    await drag(panel, '.body canvas', [0.3, LANES], 0.6, 'Shift');
    expect((await panel.window()) === whole, 'choosing a range moves the window');
    await panel.press('Enter');
    const range = await panel.window();
    expect(range !== whole, 'no zoom to the range');
    await drag(panel, '.body canvas', [0.6, LANES], 0.4);
    const panned = await panel.window();
    expect(panned !== range, 'no pan');
    await drag(panel, '.body canvas', [0.4, LANES], 0.5, 'Shift');
    await panel.press('Enter');
    const crumbs = panel.frame.locator('.crumbs button');
    expect((await crumbs.count()) >= 2, 'no crumbs of the selected ranges');
    await crumbs.nth((await crumbs.count()) - 1).click();
    await crumbs.first().click();
    await panel.frame.waitForSelector('.crumbs', { state: 'detached', timeout: 5000 });
    await panel.idle();
    await panel.windowBecomes(whole, 'the first crumb does not lead to the whole');
    await drag(panel, '.body canvas', [0.3, LANES], 0.6, 'Shift');
    await panel.press('Enter');
    await drag(panel, '.head canvas', [0.1, 12], 0.7);
    expect((await panel.window()) !== panned, 'the minimap does nothing');
  },

  async 'a tooltip names the kernel, and a click shows it whole'(panel) {
    const name = await panel.hover();
    expect(name.trim().length > 0, 'empty name');
    await panel.page.mouse.down();
    await panel.page.mouse.up();
    await panel.frame.waitForSelector('.detail');
    await panel.idle();
    const shown = await panel.text('.detail');
    expect(shown.trim().length > 0, 'empty detail');
    await panel.press('Escape');
    expect((await panel.frame.locator('.detail').count()) === 0, 'Esc does not deselect');
  },

  async 'the pointer leaves nothing behind on the timeline, nor does a way there and back'(panel) {
    await panel.reveal();
    const picture = async () => {
      await panel.page.mouse.move(2, 2);
      await panel.idle();
      return panel.frame.locator('.body canvas').screenshot();
    };
    const before = await picture();
    await panel.hover();
    const body = await panel.box('.body canvas');
    for (const part of [0.2, 0.5, 0.8]) await panel.page.mouse.move(body.x + part * body.width, body.y + LANES);
    await panel.idle();
    expect(!before.equals(await panel.frame.locator('.body canvas').screenshot()), 'the pointer is not shown');
    expect(before.equals(await picture()), 'the pointer left something');
    await panel.focus();
    await panel.press('w');
    const closer = await picture();
    expect(!before.equals(closer), 'the old window stays on screen');
    await panel.press('f');
    expect(before.equals(await picture()), 'not the same after zooming and back');
  },

  async 'the address keeps the window over a reload, and foreign keys'(panel) {
    await panel.page.evaluate(() => {
      history.replaceState(null, '', `${location.pathname}${location.search}${location.hash || '#tb_contention'}&p.other.x=1`);
    });
    await panel.focus();
    await panel.press('w');
    await panel.press('w');
    await panel.page.waitForTimeout(450);
    const kept = await panel.window();
    const hash = await panel.page.evaluate(() => location.hash);
    expect(hash.includes('p.tb_contention.window=') && hash.includes('p.other.x=1'), `hash: ${hash}`);
    await panel.page.reload();
    const element = await panel.page.waitForSelector('iframe[src*="plugin_entry"]', { timeout: 60_000 });
    const again = new Panel(panel.page, await element.contentFrame());
    await again.frame.waitForSelector('#window:not(:empty)', { timeout: 60_000 });
    await again.idle();
    expect((await again.window()) === kept, `${await again.window()} instead of ${kept}`);
  },

  async 'a shift by hand goes with every request'(panel) {
    const asked = [];
    panel.page.on('request', (request) => asked.push(request.url()));
    await panel.frame.locator('.by-hand summary').first().click();
    const input = panel.frame.locator('.by-hand input').first();
    await input.fill('-9.5');
    // Each view is analysed anew, so the layout is asked for when that is done.
    const layout = panel.page.waitForRequest(
      (request) => request.url().includes('api/layout') && decodeURIComponent(request.url()).includes('=-9500000'),
      { timeout: 30_000 },
    );
    await input.press('Enter');
    await layout;
    await panel.idle();
    const shifted = asked.filter((address) => decodeURIComponent(address).includes('=-9500000'));
    const routes = shifted.map((address) => /api\/(\w+)/.exec(address)?.[1]);
    expect(routes.includes('summary') && routes.includes('layout'), `shift only in: ${routes}`);
    expect((await panel.page.evaluate(() => location.hash)).includes('shift='), 'not in the address');
  },

  async 'what is moved by hand is said, makes answers conditional, and stays out of reports'(panel) {
    const { frame, page } = panel;
    const before = await panel.text('#verdict');
    const name = await frame.locator('.card.session .session-label').first().innerText();
    await frame.locator('.by-hand summary').first().click();
    await frame.locator('.by-hand input').first().fill('-89.8');
    await frame.locator('.by-hand input').first().press('Enter');
    await frame.waitForSelector('.headline .moved-by', { timeout: 30_000 });
    await panel.idle();
    const bar = await panel.text('.moved-bar');
    expect(bar.includes(`${name} moved by hand by −89.8 ms`), `bar: ${bar}`);
    const [barBox, verdictBox] = [await panel.box('.moved-bar'), await panel.box('#verdict')];
    expect(barBox.y + barBox.height <= verdictBox.y, 'the bar is not above the verdict');
    for (const place of ['.headline', '.recommendation']) {
      const said = await panel.text(`${place} .moved-by`);
      expect(said === `if ${name} ran 89.8 ms earlier`, `${place}: ${said}`);
    }
    expect((await frame.locator('.card.session .moved-by').allInnerTexts()).join() === 'moved by hand by −89.8 ms', 'not on its card alone');
    expect((await frame.locator('.shell .moved-by').allInnerTexts()).join() === 'moved −89.8 ms', 'not on its row alone');
    const clocks = async () => {
      const href = await frame.locator('.toolbar a:text-is("json")').evaluate((a) => a.href);
      return page.evaluate(async (address) => JSON.stringify((await (await fetch(address)).json()).sessions.map((s) => s.clock)), href);
    };
    expect(!(await clocks()).includes('by hand'), 'the shift is in the report unasked');
    await frame.locator('.with-shift').click();
    await frame.waitForFunction(() => document.querySelector('.toolbar a[download]').href.includes('shift='));
    expect((await clocks()).includes('moved by hand by −89.8 ms'), 'the shift is not in the report that was asked for');
    await frame.click('.moved-bar button:text-is("reset")');
    await frame.waitForSelector('.headline .moved-by', { state: 'detached', timeout: 30_000 });
    await panel.idle();
    expect((await frame.locator('.moved-bar, .moved-by').count()) === 0, 'the bar stays');
    expect((await panel.text('#verdict')) === before, `the verdict stays: ${await panel.text('#verdict')}`);
  },

  async 'Back and Forward walk through ranges, selections and shifts, a gesture a step'(panel) {
    const { frame, page } = panel;
    const length = () => page.evaluate(() => history.length);
    const entries = await length();
    const whole = await panel.window();
    await panel.reveal();
    await drag(panel, '.body canvas', [0.3, LANES], 0.6, 'Shift');
    const range = await panel.text('.range');
    await panel.press('m');
    await frame.fill('.mark-note', 'kept');
    await panel.press('Enter');
    await frame.locator('[role=tab]', { hasText: /^Kernels$/ }).click();
    await frame.locator('.kernels tbody .link').nth(1).click();
    await frame.waitForSelector('.detail dl');
    await panel.idle();
    // The row asks the server where the event is: the step comes when that is known.
    await page.waitForTimeout(450);
    const [detail, near] = [await panel.text('.detail dl'), await panel.window()];
    expect((await length()) === entries + 2, `${(await length()) - entries} steps for a range and a selection`);
    await panel.focus();
    await panel.reveal();
    const body = await panel.box('.body canvas');
    await page.mouse.move(body.x + body.width / 2, body.y + 40);
    for (let i = 0; i < 8; i += 1) {
      await page.mouse.wheel(0, -120);
      await page.waitForTimeout(120);
    }
    await panel.idle();
    await page.waitForTimeout(450);
    const zoomed = await panel.window();
    expect(zoomed !== near && (await length()) === entries + 3, `${(await length()) - entries - 2} steps for a zoom`);
    const go = async (way) => {
      await page[way]();
      await page.waitForTimeout(450);
      await panel.idle();
    };
    await go('goBack');
    expect((await panel.window()) === near && (await panel.text('.detail dl')) === detail, 'Back does not undo the zoom alone');
    await go('goBack');
    expect((await frame.locator('.detail').count()) === 0 && (await panel.text('.range')) === range, 'Back does not undo the selection alone');
    await go('goBack');
    expect((await frame.locator('.range').count()) === 0 && (await panel.window()) === whole, 'Back does not undo the range');
    expect((await page.evaluate(() => location.hash)).includes('kept'), 'a note is lost on the way');
    expect((await length()) === entries + 3, 'going back makes steps');
    await go('goForward');
    await go('goForward');
    await go('goForward');
    expect((await panel.window()) === zoomed && (await panel.text('.detail dl')) === detail, 'Forward does not lead there again');
    await frame.locator('.by-hand summary').first().click();
    await frame.locator('.by-hand input').first().fill('-20');
    await frame.locator('.by-hand input').first().press('Enter');
    await frame.waitForSelector('.headline .moved-by', { timeout: 30_000 });
    await go('goBack');
    await frame.waitForSelector('.moved-by', { state: 'detached', timeout: 30_000 });
    await frame.waitForSelector('.detail dl');
    expect((await panel.text('.detail dl')) === detail, 'another event after a shift that was taken back');
  },

  async 'a copied link opens the same view, also where pages have no clipboard'(panel) {
    const { page } = panel;
    // A name of no secure context, as that of a host with --bind_all.
    await page.goto('about:blank');
    await page.goto(url.replace('127.0.0.1', INSECURE));
    const here = await Panel.attach(page);
    expect(await here.frame.evaluate(() => navigator.clipboard === undefined), 'this context has a clipboard');
    await here.reveal();
    await drag(here, '.body canvas', [0.3, LANES], 0.6, 'Shift');
    await here.frame.locator('.kernels tbody .link').nth(1).click();
    await here.frame.waitForSelector('.detail dl');
    await here.idle();
    const view = async (shown) => [await shown.window(), await shown.text('.range'), await shown.text('.detail dl')].join('\n');
    const wanted = await view(here);
    await here.frame.click('.copy-button:text-is("copy link")');
    await here.frame.waitForSelector('.copy-button:text-is("✓ link copied")', { timeout: 3000 });
    await here.frame.fill('#find', '');
    await page.keyboard.press('Control+V');
    const link = await here.frame.inputValue('#find');
    expect(link.startsWith(url.replace('127.0.0.1', INSECURE).split('#')[0]) && link.includes('#tb_contention&'), `link: ${link}`);
    await page.goto('about:blank');
    await page.goto(link);
    const again = await Panel.attach(page);
    await again.frame.waitForSelector('.detail dl', { timeout: 30_000 });
    await again.idle();
    expect((await view(again)) === wanted, `${await view(again)} instead of ${wanted}`);
  },

  async 'a hidden tab draws nothing'(panel) {
    await panel.frame.evaluate(() => {
      window.counts = { frames: 0, fills: 0 };
      const frame = window.requestAnimationFrame;
      window.requestAnimationFrame = (callback) => {
        window.counts.frames += 1;
        return frame.call(window, callback);
      };
      const fill = CanvasRenderingContext2D.prototype.fillRect;
      CanvasRenderingContext2D.prototype.fillRect = function (...box) {
        window.counts.fills += 1;
        fill.apply(this, box);
      };
    });
    const style = (values) =>
      panel.page.evaluate((v) => Object.assign(document.querySelector('iframe[src*="plugin_entry"]').style, v), values);
    const counts = () => panel.frame.evaluate(() => window.counts);
    // As TensorBoard hides a plugin's frame.
    await style({ maxHeight: '0', visibility: 'hidden', position: 'absolute' });
    await panel.page.waitForTimeout(300);
    await panel.frame.evaluate(() => Object.assign(window.counts, { frames: 0, fills: 0 }));
    await panel.page.evaluate(() => document.body.classList.toggle('dark-mode'));
    await panel.page.waitForTimeout(600);
    const hidden = await counts();
    // The signals themselves ask for a frame after a change; a loop would have asked for more than thirty.
    expect(hidden.fills === 0 && hidden.frames <= 4, `hidden: ${JSON.stringify(hidden)}`);
    await style({ maxHeight: '', visibility: '', position: '' });
    await panel.page.waitForTimeout(400);
    await panel.idle();
    expect((await counts()).fills > 0, 'shown again, nothing was drawn');
  },

  async 'the theme follows TensorBoard'(panel) {
    const background = () => panel.frame.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const first = await background();
    for (const changed of [true, false]) {
      await panel.page.evaluate(() => document.body.classList.toggle('dark-mode'));
      await panel.page.waitForTimeout(100);
      await panel.idle();
      expect(((await background()) !== first) === changed, `${first}, then ${await background()}`);
    }
  },

  async 'names from traces are inert'(panel) {
    const hostile = '<img src=x onerror="window.broken=1"><script>window.broken=1</script>';
    await panel.page.route('**/api/summary*', async (route) => {
      const response = await route.fetch();
      const body = await response.json();
      for (const session of body.report?.sessions ?? []) session.name = session.label = hostile;
      for (const device of body.report?.devices ?? []) {
        for (const kernel of device.kernels) kernel.name = hostile;
        for (const pair of device.blame_kernels) pair.victim_kernel = pair.culprit_kernel = hostile;
        for (const scope of device.scopes) scope.scope = hostile;
        for (const entry of device.per_session) entry.slowdown.settle = hostile;
        device.mechanism_detail = device.mechanism_words = device.memory_words = device.label = hostile;
        Object.assign(device.verdict, { headline: hostile, meaning: hostile, trust: [hostile] });
        for (const holder of device.memory?.holders ?? []) holder.op = holder.shape = holder.region = hostile;
        for (const row of device.memory?.holder_scopes ?? []) row.scope = hostile;
      }
      await route.fulfill({ json: body });
    });
    const again = await panel.again();
    expect((await again.text('main')).includes('<img src=x'), 'the name is not shown');
    for (const tab of await again.frame.locator('[role=tab]').all()) await tab.click();
    const found = await again.frame.evaluate(() => [window.broken, document.querySelectorAll('main img, main script').length]);
    expect(found[0] === undefined && found[1] === 0, 'the name became markup');
  },

  async 'the kernels can be filtered, and every table opens'(panel) {
    // The tables come in a file of their own, a moment after the page has nothing to do.
    await panel.frame.waitForSelector('.kernels tbody tr');
    await panel.frame.fill('.filter input', 'no kernel has this name');
    expect((await panel.frame.locator('.kernels tbody tr').count()) === 0, 'the filter keeps rows');
    for (const tab of await panel.frame.locator('[role=tab]').all()) {
      await tab.click();
      expect((await panel.text('[role=tabpanel]')).trim() !== '', `${await tab.innerText()} is empty`);
    }
  },

  async 'what sharing cost is answered, each number with its doubt'(panel) {
    const answers = await panel.frame.locator('.answers dd').allInnerTexts();
    expect(answers.length === 6 && answers[0].startsWith('Yes'), `answers: ${answers.join(' | ')}`);
    expect(/× \(\d\.\d\d to \d\.\d\d\)/.test(answers[2]), `how much: ${answers[2]}`);
    for (const card of await panel.frame.locator('.card.session').all()) {
      await card.locator('.by-hand summary').click();
      const text = await card.innerText();
      expect(/\(class [A-D]\)/.test(text) && /lost .* stretch/.test(text), `card: ${text}`);
      expect((await card.locator('.whisker').count()) === 1, 'no whisker');
    }
    await panel.frame.locator('[aria-label=Sharing] .term', { hasText: 'ANTT' }).first().hover();
    expect(/mean slowdown/.test(await panel.text('[role=tooltip]')), 'metrics without their meaning');
  },

  async 'each answer and finding takes the panel to its evidence'(panel) {
    const whole = await panel.window();
    const other = (than) => panel.frame.waitForFunction((text) => document.querySelector('#window').innerText !== text, than, { timeout: 5000 });
    await panel.frame.getByLabel('Show the evidence: Is it contention?').click();
    await other(whole);
    await panel.idle();
    const longest = await panel.window();
    await panel.frame.getByLabel('Show the evidence: By what mechanism?').click();
    await other(longest);
    await panel.idle();
    await panel.frame.getByLabel('Show the evidence: Does the memory fit?').click();
    await panel.frame.waitForSelector('[role=tab][aria-selected=true]:text-is("Memory")', { timeout: 5000 });
    await panel.idle();
    await panel.frame.getByLabel('Show the evidence: Who?').click();
    await panel.frame.waitForFunction(() => document.activeElement?.id === 'blame', undefined, { timeout: 5000 });
    await panel.frame.locator('.finding .evidence-link').first().click();
    await panel.idle();
    expect((await panel.frame.locator('.findings').first().locator('.finding').count()) <= 3, 'more than three findings');
  },

  async 'a table is copied with raw numbers'(panel) {
    await panel.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await panel.frame.locator('[role=tab]', { hasText: 'Kernels' }).click();
    await panel.frame.locator('.tabs .copy button').click();
    await panel.frame.waitForFunction(() => document.querySelector('.tabs .copy button').textContent === '✓ Copied');
    const text = await panel.frame.evaluate(() => navigator.clipboard.readText());
    const [head, ...rows] = text.trimEnd().split('\n').map((line) => line.split('\t'));
    expect(head.includes('total_ns') && rows.length > 5, `head: ${head}`);
    expect(rows.every((row) => row.length === head.length && /^\d+$/.test(row[head.indexOf('total_ns')])), 'not raw numbers');
  },

  async 'a session whose slowdown cannot be told has bounds and no single number'(panel) {
    await panel.page.route('**/api/summary*', async (route) => {
      const response = await route.fetch();
      const body = await response.json();
      for (const entry of body.report?.devices[0].per_session ?? []) {
        entry.lost_ns = entry.stretch_ns = entry.stall_ns = entry.absorbed_ns = null;
        entry.slowdown = { estimate: 1.77, low: 1.05, high: 2.5, evidence: 'D', coverage: 0, settle: 'Record it alone.' };
        Object.assign(entry, { figure: '1.05× to 2.50×', interval: '', basis: 'bounded, not estimated (class D)', loss: '' });
      }
      await route.fulfill({ json: body });
    });
    const again = await panel.again();
    const all = await again.text('main');
    expect(!all.includes('1.77') && all.includes('1.05× to 2.50×'), 'not the bounds alone');
    expect(all.includes('Record it alone.'), 'not what would settle it');
  },

  async 'who lost time to whom is a table whose rows add up'(panel) {
    const rows = await panel.frame.locator('.matrix tbody tr').count();
    const columns = await panel.frame.locator('.matrix thead th').count();
    expect(rows >= 2 && columns >= rows + 2, `${rows} rows, ${columns} columns`);
    const cells = (await panel.frame.locator('.matrix tbody tr').first().locator('td').allInnerTexts()).map((t) => t.trim());
    const share = cells.slice(0, -1).reduce((sum, text) => sum + Number(/([\d.]+) %$/.exec(text)?.[1] ?? 0), 0);
    expect(Math.abs(share - 100) <= 2, `shares add up to ${share}: ${cells.join(' | ')}`);
    await panel.frame.locator('[role=tab]', { hasText: /^Blame$/ }).click();
    expect((await panel.frame.locator('.blame_kernels tbody tr').count()) > 0, 'no pairs of kernels');
  },

  async 'a step is read out by keys, and moves the timeline'(panel) {
    const whole = await panel.window();
    const chart = panel.frame.locator('.chart').first();
    await chart.focus();
    await panel.press('End');
    const last = await chart.getAttribute('aria-valuetext');
    await panel.press('ArrowLeft');
    const before = await chart.getAttribute('aria-valuetext');
    expect(/^step .*own .* \+ host/.test(last) && before !== last, `${last} then ${before}`);
    await panel.press('Enter');
    const shown = await panel.window();
    expect(shown !== whole, 'Enter does not move the timeline');
    await chart.scrollIntoViewIfNeeded();
    const box = await chart.boundingBox();
    await chart.click({ position: { x: box.width * 0.4, y: box.height / 2 } });
    await panel.idle();
    expect((await panel.window()) !== shown, 'a click does not move the timeline');
  },

  async 'lost time is on the timeline, in a tooltip and in a table'(panel) {
    expect((await panel.text('.timeline .legend')).includes('stalled behind other sessions'), 'no legend');
    await panel.frame.locator('[role=tab]', { hasText: 'Lost time' }).click();
    const stalled = panel.frame.locator('[role=tabpanel] tr', { hasText: 'stalled' }).first();
    await stalled.locator('button').click();
    await panel.idle();
    await panel.reveal();
    const body = await panel.box('.body canvas');
    const said = [];
    for (const label of await panel.frame.locator('.label', { hasText: /^stalls$/ }).all()) {
      const place = await label.boundingBox();
      await panel.page.mouse.move(body.x + body.width / 2, place.y + place.height / 2);
      said.push(...(await panel.frame.locator('.tooltip').allInnerTexts()));
    }
    expect(said.some((text) => text.startsWith('Stalled')), `tooltips: ${said.join(' | ')}`);
  },

  async 'a click on the memory track shows who holds it there, and the address keeps it'(panel) {
    const parts = [];
    panel.page.on('response', async (response) => {
      if (response.url().includes('api/memory')) parts.push(await response.json());
    });
    await panel.reveal();
    const body = await panel.box('.body canvas');
    const label = await panel.frame.locator('.body .label', { hasText: /^Memory$/ }).boundingBox();
    await panel.page.mouse.click(body.x + 0.55 * body.width, label.y + 80);
    await panel.frame.waitForFunction(() => document.querySelector('#held')?.textContent.startsWith('At that instant'));
    await panel.idle();
    const part = parts.at(-1);
    const sum = part.holders.reduce((total, holder) => total + holder.bytes, 0);
    expect(sum === part.total_bytes && sum > 0, `${sum} of ${part.total_bytes}`);
    const rows = await panel.frame.locator('[aria-label="Who holds the memory"] tbody tr').count();
    expect(rows === part.holders.length, `${rows} rows of ${part.holders.length}`);
    await panel.page.waitForTimeout(450);
    expect((await panel.page.evaluate(() => location.hash)).includes('p.tb_contention.instant='), 'not in the address');
    await panel.frame.getByLabel('Show what holds the combined peak').click();
    await panel.idle();
    const report = (await (await panel.page.request.get(`${url.split('#')[0]}data/plugin/tb_contention/api/summary`)).json()).report;
    await panel.frame.waitForFunction(
      (peak) => document.querySelector('#held')?.textContent.includes(peak),
      `${(report.devices[0].memory.combined_peak_bytes / 2 ** 30).toFixed(1)} GiB`,
    );
  },

  async 'memory tables are of what the timeline shows'(panel) {
    await panel.frame.locator('[role=tab]', { hasText: 'Memory' }).click();
    const whole = await panel.text('#held');
    expect(whole.startsWith('At the combined peak'), whole);
    await panel.reveal();
    await drag(panel, '.body canvas', [0.6, LANES], 0.66, 'Shift');
    await panel.frame.waitForFunction((before) => document.querySelector('#held')?.textContent !== before, whole);
    expect((await panel.text('#held')).startsWith('At the peak of the selected range'), await panel.text('#held'));
    expect((await panel.text('[role=tabpanel]')).includes('Own peaks are those of the part'), 'the allocators are of the whole');
  },

  async 'tables are of the selected range, and say so'(panel) {
    const total = () => panel.frame.locator('.kernels tbody td:nth-child(4)').first().innerText();
    const whole = await total();
    await panel.reveal();
    await drag(panel, '.body canvas', [0.4, LANES], 0.5, 'Shift');
    expect(/^\d.*ms/.test(await panel.text('[aria-label="Selected range"]')), 'the range is not measured');
    await panel.frame.waitForFunction(() => document.querySelector('#told').textContent.startsWith('The selected range'));
    await panel.frame.waitForFunction(
      (text) => document.querySelector('.kernels tbody td:nth-child(4)').innerText !== text,
      whole,
    );
    await panel.frame.locator('[role=tab]', { hasText: /^Sessions$/ }).click();
    await panel.frame.waitForSelector('[role=tabpanel] th button:text-is("whole steps")');
    await panel.page.waitForTimeout(450);
    const hash = await panel.page.evaluate(() => location.hash);
    expect(hash.includes('p.tb_contention.range=') && hash.includes('p.tb_contention.table=Sessions'), `hash: ${hash}`);
    await panel.focus();
    await panel.press('Escape');
    await panel.frame.waitForFunction(() => document.querySelector('#told').textContent.startsWith('The whole'));
  },

  async 'lanes are pinned, hidden and moved, and the address keeps it'(panel) {
    const labels = (where) => panel.frame.locator(`${where} .label.lane`).count();
    const [head, body] = [await labels('.head'), await labels('.body')];
    await panel.frame.locator('.body').getByLabel('Pin stream').first().focus();
    await panel.press('Enter');
    await panel.frame.waitForFunction((count) => document.querySelectorAll('.head .label.lane').length === count, head + 1);
    expect((await labels('.body')) === body - 1, 'the pinned lane is there twice');
    await panel.frame.locator('.body').getByLabel('Hide stream').first().focus();
    await panel.press('Enter');
    await panel.frame.waitForFunction((count) => document.querySelectorAll('.body .label.lane').length === count, body - 2);
    const first = () => panel.frame.locator('.shell .strong').first().innerText();
    const before = await first();
    await panel.frame.click('.lanes-menu summary');
    await panel.frame.locator('.lanes-menu').getByLabel(/^Move .* down$/).first().click();
    await panel.frame.waitForFunction((text) => document.querySelector('.shell .strong').innerText !== text, before);
    const moved = await first();
    await panel.page.waitForTimeout(450);
    const again = await panel.again();
    await again.frame.waitForSelector('.head .label.lane');
    expect((await again.frame.locator('.shell .strong').first().innerText()) === moved, 'the order is forgotten');
    expect((await again.text('.lanes-menu summary')).includes('1 hidden'), 'what is hidden is forgotten');
    await again.frame.click('.lanes-menu summary');
    await again.frame.click('.lanes-menu button:text-is("reset")');
    await again.frame.waitForFunction((count) => document.querySelectorAll('.body .label.lane').length === count, body);
  },

  async 'a search counts its hits and leads from one to the next'(panel) {
    await panel.focus();
    await panel.press('/');
    await panel.page.keyboard.type('softmax');
    await panel.frame.waitForFunction(() => /\d events/.test(document.querySelector('.search [role=status]')?.textContent));
    await panel.press('Enter');
    await panel.frame.waitForSelector('.detail');
    const first = await panel.text('.detail dl');
    expect((await panel.text('.detail .name')).includes('softmax'), 'not a hit');
    await panel.press('Enter');
    await panel.frame.waitForFunction((text) => document.querySelector('.detail dl')?.innerText !== text && document.querySelector('.detail dl'), first);
    await panel.page.keyboard.press('Shift+Enter');
    await panel.frame.waitForFunction((text) => document.querySelector('.detail dl')?.innerText === text, first);
    await panel.press('Escape');
    expect(await panel.frame.evaluate(() => document.activeElement.classList.contains('stage')), 'Esc leaves the focus');
    await panel.frame.locator('[role=tab]', { hasText: /^Kernels$/ }).click();
    await panel.frame.locator('.kernels tbody .link').first().click();
    await panel.frame.waitForFunction(() => document.querySelector('.kernels tr.current') !== null);
  },

  async 'a kernel leads to its launch call and back'(panel) {
    await panel.frame.fill('#find', 'softmax');
    await panel.frame.waitForFunction(() => /\d events/.test(document.querySelector('.search [role=status]')?.textContent));
    await panel.frame.getByLabel('Show the evidence: By what mechanism?').click();
    await panel.idle();
    await panel.frame.click('[aria-label="Next hit"]');
    await panel.frame.click('.detail button:text-is("go to its launch call")');
    await panel.frame.waitForSelector('.detail button:text-is("go to its kernel")');
    await panel.frame.waitForSelector('.label.lane[data-kind=launch]');
    await panel.frame.click('.detail button:text-is("go to its kernel")');
    await panel.frame.waitForSelector('.detail button:text-is("go to its launch call")');
  },

  async 'marks carry notes, and the address carries marks'(panel) {
    await panel.reveal();
    const body = await panel.box('.body canvas');
    await panel.focus();
    for (const part of [0.3, 0.5]) {
      await panel.page.mouse.move(body.x + part * body.width, body.y + LANES);
      await panel.press('m');
      await panel.frame.waitForFunction(() => document.activeElement.className === 'mark-note');
      // Letters of the note are text, not keys.
      await panel.page.keyboard.type('fwm');
      await panel.press('Enter');
    }
    expect((await panel.frame.locator('.mark-note').count()) === 0, 'Enter leaves the field open');
    await panel.frame.locator('[role=tab]', { hasText: /^Marks$/ }).click();
    expect((await panel.frame.locator('.marks tbody tr').count()) === 2, 'a typed letter set a mark');
    expect((await panel.frame.inputValue('[aria-label="Note on mark 1"]')) === 'fwm', 'the note was not kept');
    await panel.frame.fill('[aria-label="Note on mark 2"]', 'slow; here: <b>');
    expect(/ms/.test(await panel.frame.locator('.marks tbody tr').nth(1).innerText()), 'no time between marks');
    await panel.page.waitForTimeout(450);
    const again = await panel.again();
    expect((await again.frame.inputValue('[aria-label="Note on mark 2"]')) === 'slow; here: <b>', 'the note is lost');
    await again.frame.click('[aria-label="Remove mark 1"]');
    await again.frame.waitForFunction(() => document.querySelectorAll('.marks tbody tr').length === 1);
  },

  async 'dragging the ruler of a session says what would overlap, and aligns it so'(panel) {
    await panel.reveal();
    const before = await panel.text('#verdict');
    const body = await panel.box('.body canvas');
    const shell = await panel.frame.locator('.shell').first().boundingBox();
    const y = shell.y + 34;
    await panel.page.mouse.move(body.x + 0.5 * body.width, y);
    expect((await panel.frame.locator('.body canvas').evaluate((c) => c.style.cursor)) === 'ew-resize', 'no sign of it');
    await panel.page.mouse.down();
    for (const part of [0.52, 0.58, 0.64]) await panel.page.mouse.move(body.x + part * body.width, y);
    await panel.frame.waitForFunction(() => /→ \d/.test(document.querySelector('.shift-note')?.textContent));
    await panel.page.mouse.up();
    await panel.frame.waitForFunction((text) => document.querySelector('#verdict').innerText !== text, before, { timeout: 30_000 });
    await panel.page.waitForTimeout(450);
    expect((await panel.page.evaluate(() => location.hash)).includes('shift='), 'not in the address');
    expect((await panel.frame.locator('.shift-note').count()) === 0, 'the note stays');
  },

  async 'two devices are compared, and what is not clear is not claimed'(panel) {
    await panel.frame.click('.chooser button:text-is("compare")');
    await panel.frame.waitForSelector('.compare-with optgroup', { state: 'attached' });
    const options = panel.frame.locator('.compare-with optgroup option');
    const alone = await options.evaluateAll((all) => all.find((o) => o.text.includes('alone/trainer')).value);
    await panel.frame.selectOption('.compare-with select', alone);
    await panel.frame.waitForSelector('.changes', { timeout: 30_000 });
    const rows = await panel.frame.locator('.changes tbody tr').allInnerTexts();
    const step = rows.find((row) => row.startsWith('step period'));
    expect(/\+\d+ %\s+worse/.test(step), `steps: ${step}`);
    expect(rows.some((row) => /unclear: .+/.test(row)), 'every change is claimed');
    await panel.page.waitForTimeout(450);
    expect((await panel.page.evaluate(() => location.hash)).includes('p.tb_contention.before='), 'not in the address');
  },

  async 'a baseline is chosen by keyboard, and one of other work changes nothing but its reason'(panel) {
    const card = panel.frame.locator('.card.session').first();
    const line = card.locator('.baseline summary');
    const answer = () => panel.frame.evaluate(() => {
      const page = document.querySelector('main').cloneNode(true);
      for (const part of page.querySelectorAll('.baseline, .details, .stage, .timeline, [role=status], [role=tooltip]')) part.remove();
      return page.textContent;
    });
    const choose = async (wanted, until) => {
      await card.locator('.choices button', { hasText: wanted }).focus();
      await panel.page.keyboard.press('Enter');
      await panel.frame.waitForFunction(
        (text) => document.querySelector('.card.session .baseline').innerText.includes(text), until, { timeout: 30_000 });
      await panel.idle();
      expect(await panel.frame.evaluate(() => document.activeElement.ariaPressed) === 'true', `the focus left ${wanted}`);
    };
    expect((await line.innerText()).includes('found by its kernels'), await line.innerText());
    await line.focus();
    await panel.page.keyboard.press('Enter');
    await card.locator('.choices ul').nth(1).waitFor();
    const before = await answer();

    await choose(/^alone\/trainer .*cannot serve: /, 'is not used as the baseline of');
    const reason = await card.locator('.baseline [role=status]').innerText();
    expect(/is not used as the baseline of \w+: it runs /.test(reason), `the reason: ${reason}`);
    const after = await answer();
    expect(after === before, `the answer changed: ${before} -> ${after}`);

    await choose(/^none/, 'none, your choice');
    expect(!(await card.innerText()).includes('(class A)'), 'class A without a capture alone');
    expect((await card.locator('.baseline [role=status]').innerText()) === '', 'the reason stays');
    await choose('it runs the same kernels', 'alone/evaluator, your choice');
    expect((await card.innerText()).includes('(class A)'), `no class A: ${await card.innerText()}`);
    await panel.page.waitForTimeout(450);
    const again = await panel.again();
    const kept = await again.frame.locator('.card.session .baseline summary').first().innerText();
    expect(kept.includes('alone/') && kept.includes('your choice'), `forgotten: ${kept}`);
  },

  async 'each side of a comparison has its baseline'(panel) {
    await panel.frame.click('.chooser button:text-is("compare")');
    await panel.frame.waitForSelector('.compare-with optgroup', { state: 'attached' });
    const options = panel.frame.locator('.compare-with optgroup option');
    const alone = await options.evaluateAll((all) => all.find((o) => o.text.includes('alone/trainer')).value);
    await panel.frame.selectOption('.compare-with select', alone);
    await panel.frame.waitForSelector('.compared .baseline', { timeout: 30_000 });
    const lines = () => panel.frame.locator('.compared').first().locator('.baseline summary').allInnerTexts();
    const [first, second] = await lines();
    expect(/^Baseline before: none/.test(first), first);
    expect(/^Baseline after: alone\/trainer, found by its kernels/.test(second), second);
    await panel.frame.locator('.compared .baseline summary').nth(1).click();
    await panel.frame.locator('.compared .choices button', { hasText: /^none/ }).click();
    await panel.frame.waitForFunction(
      () => document.querySelectorAll('.compared .baseline summary')[1]?.innerText === 'Baseline after: none, your choice',
      undefined, { timeout: 30_000 });
    expect((await panel.frame.locator('.compared .choices').count()) === 1, 'the list closed');
    expect((await lines())[0] === first, 'the other side changed');
  },

  async 'letters can be switched off, arrows stay'(panel) {
    await panel.focus();
    await panel.press('?');
    await panel.frame.locator('dialog input[type=checkbox]').click();
    await panel.frame.locator('dialog .close').click();
    await panel.focus();
    const whole = await panel.window();
    await panel.press('w');
    expect((await panel.window()) === whole, 'w still zooms');
    await panel.press('ArrowUp');
    expect((await panel.window()) !== whole, 'the arrow is off too');
    await panel.frame.evaluate(() => localStorage.clear());
  },

  async 'a memory limit set by hand says what would come of it'(panel) {
    await panel.frame.locator('[role=tab]', { hasText: 'Memory' }).click();
    const fit = await panel.text('#fit');
    const slider = panel.frame.locator('.cap input').first();
    await slider.focus();
    await slider.fill('10000000000');
    await panel.frame.waitForFunction(() => document.querySelector('[aria-label="What if capped"] .settle') !== null);
    await panel.idle();
    expect((await panel.text('#fit')) !== fit, `still: ${fit}`);
    expect(/would fail .* exceeds the limit by/.test(await panel.text('[aria-label="What if capped"]')), 'not who would fail');
    await panel.frame.locator('.cap button').first().click();
    await panel.frame.waitForFunction((text) => document.querySelector('#fit').innerText === text, fit, { timeout: 5000 });
  },

  async 'another group is found by its name, opened, and named in the address'(panel) {
    const before = await panel.text('#verdict');
    await panel.frame.click('.group-button');
    await panel.frame.waitForSelector('.overview tbody tr');
    await panel.frame.fill('.overview input[type=text]', 'split_model');
    const found = await panel.frame.locator('.overview .group-row').allInnerTexts();
    expect(found.length === 1 && found[0].includes('recorded_split_model'), `found: ${found}`);
    await panel.frame.press('.overview input[type=text]', 'Enter');
    await panel.frame.waitForFunction((text) => {
      const verdict = document.querySelector('#verdict');
      return verdict !== null && verdict.innerText !== text;
    }, before, { timeout: 30_000 });
    await panel.idle();
    await panel.page.waitForTimeout(450);
    const hash = await panel.page.evaluate(() => location.hash);
    expect(/p\.tb_contention\.group=[0-9a-f]{10}/.test(hash), `not in the address: ${hash}`);
    expect((await panel.frame.locator('.overview').count()) === 0, 'the list stays open');
  },

  async 'a directory opens with all its groups, and Back leads to them again'(panel) {
    const errors = [];
    panel.page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    await panel.page.goto('about:blank');
    await panel.page.goto(url.replace(/&.*/, ''));
    const opened = await Panel.attach(panel.page);
    await opened.frame.waitForSelector('.overview .group-row');
    const rows = await opened.frame.locator('.overview .group-row').allInnerTexts();
    expect(rows.length === 7 && rows[0].includes('trainer + evaluator') && rows[0].includes('5 Mar 2026 10:00'), `rows: ${rows}`);
    expect(/2 groups ran together, 5 ran alone/.test(await opened.text('#verdict')), await opened.text('#verdict'));
    await opened.frame.locator('.overview .group-row').first().click();
    await opened.frame.waitForSelector('.cards, .card', { timeout: 30_000 });
    await opened.idle();
    expect((await opened.text('.group-name')).includes('trainer + evaluator, 5 Mar 2026 10:00 UTC'), await opened.text('.group-name'));
    await panel.page.waitForTimeout(450);
    await panel.page.goBack();
    await opened.frame.waitForSelector('.overview .group-row');
    expect(!(await panel.page.evaluate(() => location.hash)).includes('group='), 'the address still names the group');
    await panel.page.goForward();
    await opened.frame.waitForSelector('.group-name');
    await opened.idle();
    expect(errors.length === 0, errors.join('; '));
  },

  async 'the list of groups is searched, opened and left, and its link keeps the search'(panel) {
    const { page } = panel;
    await page.goto('about:blank');
    await page.goto(url.replace(/&.*/, ''));
    const listed = await Panel.attach(page);
    const { frame } = listed;
    await frame.fill('.overview input[type=text]', 'split_model');
    const rows = (shown) => shown.locator('.overview .group-row').allInnerTexts();
    await frame.waitForFunction(() => document.querySelectorAll('.overview .group-row').length === 1);
    const [only] = await rows(frame);
    await page.waitForTimeout(450);
    await frame.click('.overview .group-row');
    await frame.waitForSelector('.card', { timeout: 30_000 });
    await page.waitForTimeout(450);
    await page.goBack();
    await frame.waitForSelector('.overview .group-row');
    expect((await rows(frame)).join() === only, `Back leads to ${await rows(frame)}`);
    const again = await listed.again();
    await again.frame.waitForSelector('.overview .group-row');
    expect((await again.frame.inputValue('.overview input[type=text]')) === 'split_model', 'the search is lost');
    expect((await rows(again.frame)).join() === only, `reloaded: ${await rows(again.frame)}`);
  },

  async 'a tile that fails is said, and comes when asked for again'(panel) {
    await panel.page.route('**/api/tile*', (route) => route.fulfill({ status: 500, json: { error: { slug: 'x', message: 'Out of paint.' } } }));
    await panel.focus();
    for (let i = 0; i < 6; i += 1) await panel.press('w');
    await panel.frame.waitForSelector('.timeline [role=alert]');
    expect((await panel.text('.timeline [role=alert]')).includes('Out of paint.'), 'not what the server said');
    await panel.page.unroute('**/api/tile*');
    const loaded = panel.page.waitForResponse((response) => response.url().includes('api/tile') && response.ok());
    await panel.frame.click('.timeline [role=alert] button');
    await loaded;
    await panel.idle();
    expect((await panel.frame.locator('.timeline [role=alert]').count()) === 0, 'the alert stays');
  },

  async 'an unreachable server is said, and the panel recovers'(panel) {
    await panel.page.route('**/api/summary*', (route) => route.abort());
    await panel.frame.evaluate(() => window.frameElement.reload());
    await panel.frame.waitForSelector('[role=alert]');
    await panel.page.unroute('**/api/summary*');
    await panel.frame.click('[role=alert] button');
    await panel.frame.waitForSelector('[role=alert]', { state: 'detached' });
  },

  async 'changes that are tried together are predicted as one, or refused with a reason, and their address shows the same again'(panel) {
    const { frame, page } = panel;
    const row = () => panel.text('.what-if .tried');
    const shows = (pattern) =>
      frame.waitForFunction((source) => new RegExp(source, 's').test(document.querySelector('.what-if .tried')?.textContent), pattern.source);
    const add = (label) => frame.selectOption('.try > label select', { label });
    const change = (name) => frame.locator(`.try .change[aria-label="${name}"]`);
    await add('Cap a session (MPS)');
    await shows(/at 50 % of the multiprocessors/);
    let requests = 0;
    page.on('request', (request) => {
      requests += /api\/whatif/.test(request.url()) ? 1 : 0;
    });
    // In one task of the page, however slow the machine is.
    await frame.locator('.try .amount').evaluate((field) => {
      for (const typed of ['3', '30']) {
        field.value = typed;
        field.dispatchEvent(new Event('input', { bubbles: true }));
      }
    });
    await shows(/at 30 %/);
    expect(requests === 1, `${requests} requests for two keys in a row`);
    const [first, second] = await frame.locator('select[aria-label=Session] option').allTextContents();
    await frame.selectOption('select[aria-label=Session]', { label: second });
    await shows(new RegExp(`cap ${second} at 30 %`));
    expect(first !== second && /\d\.\d\d× to \d\.\d\d×/.test(await row()), `no range: ${await row()}`);

    await add('One after another');
    await shows(/never meet, so a cap would change nothing/);
    await change('One after another').locator('button').click();
    await add('Give a session a part of the GPU (MIG)');
    await shows(/In a partition each session has its own multiprocessors/);
    await change('Give a session a part of the GPU (MIG)').locator('button').click();

    await add('Start a session later');
    const slider = change('Start a session later').locator('input[type=range]');
    const field = change('Start a session later').locator('.amount');
    await slider.focus();
    const before = await field.inputValue();
    for (let i = 0; i < 5; i += 1) await page.keyboard.press('ArrowRight');
    const after = await field.inputValue();
    expect(Number(after) > Number(before), `the slider stays at ${before} ms`);
    await shows(new RegExp(`start ${first} ${after}.* later, cap ${second} at 30 %`));
    await panel.idle();
    const typed = `cap:${second}=30;shift:${first}=${after}ms`;
    await page.waitForFunction((text) => decodeURIComponent(location.hash).includes(`.try=${text}`), typed);
    const told = await row();
    const again = await panel.again();
    await again.frame.waitForSelector('.what-if .tried');
    await again.idle();
    expect((await again.text('.what-if .tried')) === told, `another prediction after a reload: ${told}`);
    expect((await again.frame.locator('.try .amount').last().inputValue()) === after, 'another shift after a reload');
    const place = await again.box('#what-if');
    expect(place.y >= 0 && place.y < 450, `the link leads to where the schedule is ${place.y} px away`);
    await again.frame.getByRole('button', { name: 'Close' }).click();
    await again.frame.waitForSelector('.what-if .tried', { state: 'detached' });
  },

  async 'a muted kind of finding stays muted in a link, until it is shown again'(panel) {
    const kinds = () => panel.frame.locator('section[aria-label=Findings] .finding').count();
    const before = await kinds();
    expect(before > 0, 'no findings to mute');
    const mute = panel.frame.locator('.mute').first();
    const title = await mute.getAttribute('title');
    const rule = title.split(' ').at(-1);
    await mute.focus();
    await panel.press('Enter');
    expect((await panel.text('section[aria-label=Findings]')).includes(`muted (${rule})`), 'the mute is not stated');
    expect((await kinds()) < before, 'nothing was muted');
    await panel.page.waitForFunction((name) => location.hash.includes(`mute=${name}`), rule);
    const again = await panel.again();
    const show = again.frame.locator('section[aria-label=Findings] > p.muted button');
    await show.click();
    expect((await again.frame.locator('.finding').count()) === before, 'the findings are not shown again');
  },

  async 'terms are explained under the pointer and at the focus'(panel) {
    const terms = panel.frame.locator('.cards .term');
    const names = await terms.allInnerTexts();
    for (const name of ['slowdown', 'STP', 'ANTT', 'fairness', 'Jain']) {
      expect(names.includes(name), `${name} is not explained: ${names}`);
    }
    const shown = () => panel.frame.locator('[role=tooltip]:visible').allInnerTexts();
    // What explains comes in a file after the first picture.
    const appear = async () => {
      await panel.frame.waitForSelector('[role=tooltip]', { timeout: 5000 }).catch(() => null);
      return shown();
    };
    expect((await shown()).length === 0, 'an explanation nobody asked for');
    const wide = await panel.frame.evaluate(() => document.documentElement.clientWidth);
    for (const [index, name] of names.entries()) {
      await terms.nth(index).focus();
      const [text, ...others] = await appear();
      expect(text !== undefined && others.length === 0, `${name}: ${text}, ${others}`);
      const described = await terms.nth(index).evaluate((term) => document.getElementById(term.getAttribute('aria-describedby')).textContent);
      expect(described === text, `${name} is described as ${described}`);
      const box = await panel.box('[role=tooltip]:visible');
      expect(box.width > 120 && box.x >= 0 && box.x + box.width <= wide, `${name} is cut off: ${JSON.stringify(box)}`);
    }
    await panel.page.keyboard.press('Escape');
    expect((await shown()).length === 0, 'Escape does not close it');
    await terms.first().hover();
    expect((await appear()).length === 1, 'the pointer shows nothing');
    for (const heads of ['.what-if thead th', '.tables thead th[data-means]', '.matrix thead th:first-child']) {
      const head = panel.frame.locator(heads).first();
      await head.scrollIntoViewIfNeeded();
      await head.locator('button').focus();
      const [text] = await appear();
      expect(text?.length > 10, `${heads} says ${text} at the focus`);
      await panel.page.keyboard.press('Escape');
      await panel.page.mouse.move(1, 1);
      await head.locator('button').hover();
      expect((await appear())[0] === text, `${heads} says ${await shown()} under the pointer`);
    }
  },

  async 'every group opens with all its parts'(panel) {
    await panel.frame.locator('.group-button').first().click();
    const rows = panel.frame.locator('.overview .group-row');
    await rows.first().waitFor();
    const count = await rows.count();
    expect(count >= 7, `only ${count} groups`);
    for (let index = 0; index < count; index += 1) {
      await rows.nth(index).click();
      for (const part of ['.cards', '.stage', '.tables']) await panel.frame.waitForSelector(part);
      await panel.idle();
      expect((await panel.frame.locator('.failure').count()) === 0, `a part of group ${index} failed`);
      await panel.frame.locator('.group-button').first().click();
      await rows.first().waitFor();
    }
  },

  async 'the timeline is saved as it is shown, as SVG and as PNG'(panel) {
    await panel.focus();
    await panel.press('n');
    const saved = async (format) => {
      const download = panel.page.waitForEvent('download');
      await panel.frame.locator('.toolbar button', { hasText: new RegExp(`^${format}$`) }).click();
      const file = path.join(pictures, `timeline.${format}`);
      const done = await download;
      expect(done.suggestedFilename() === `timeline.${format}`, `named ${done.suggestedFilename()}`);
      await done.saveAs(file);
      return readFileSync(file);
    };
    const svg = (await saved('svg')).toString('utf8');
    const said = await panel.frame.evaluate((text) => {
      const found = new DOMParser().parseFromString(text, 'image/svg+xml');
      const isBroken = found.querySelector('parsererror, script') !== null;
      return { isBroken, texts: [...found.querySelectorAll('text')].map((each) => each.textContent), paths: found.querySelectorAll('path').length };
    }, svg);
    expect(!said.isBroken, 'the SVG is broken');
    const all = said.texts.join('\n');
    for (const words of ['trainer', 'evaluator', 'Contention', 'simulated, not recorded on a GPU', await panel.window()]) {
      expect(all.includes(words), `the picture lacks ${words}: ${all.slice(0, 400)}`);
    }
    expect(said.paths > 10, `only ${said.paths} paths`);
    const png = await saved('png');
    expect(png.subarray(1, 4).toString() === 'PNG', 'not a PNG');
    const ratio = await panel.frame.evaluate(() => window.devicePixelRatio);
    const width = Number(/ width="(\d+)"/.exec(svg)[1]);
    expect(png.readUInt32BE(16) === Math.round(width * ratio), `${png.readUInt32BE(16)} pixels for ${width}`);
  },

  async 'a part of another version says to load the page again, and the timeline stays'(panel) {
    const { page } = panel;
    // What the page at hand still loads would count as the next one's.
    await panel.frame.waitForSelector('.tables');
    const scripts = [];
    page.on('request', (request) => /\.js$/.test(request.url()) && scripts.push(request.url()));
    await page.route(/\/(rest|tables)-[^/]*\.js(on)?$/, (route) => route.fulfill({ status: 404, body: 'not found' }));
    const again = await panel.again();
    const missing = again.frame.locator('.failure', { hasText: 'Reload the page' });
    await missing.waitFor();
    expect((await missing.count()) === 1, 'the missing part is announced more than once');
    expect((await again.frame.locator('.tables').count()) === 0, 'tables came from nowhere');
    const before = await again.window();
    await again.focus();
    await again.press('w');
    expect((await again.window()) !== before, 'the timeline does not zoom');
    await page.unroute(/\/(rest|tables)-[^/]*\.js(on)?$/);
    await missing.locator('button').click();
    await page.waitForEvent('load');
    const whole = await Panel.attach(page);
    await whole.frame.waitForSelector('.tables');
    expect(!before.includes(await whole.window()), 'the zoom is lost');
    const first = scripts.findIndex((each) => each.includes('/rest-'));
    expect(first > scripts.findIndex((each) => each.endsWith('/tb_contention/index.js')), scripts.join(' '));
  },
};

/** Failures that the flow itself causes or that are not the panel's. */
const isOurs = (text) => !/favicon|ERR_FAILED|Failed to load resource/.test(text);

/** As the button of TensorBoard does; it lasts until the page is loaded anew. */
async function darken(panel) {
  await panel.page.evaluate(() => document.body.classList.add('dark-mode'));
  await panel.frame.waitForFunction(() => document.documentElement.dataset.theme === 'dark');
  await panel.idle();
}

/** Texts that are hard to read: less than 4.5 to 1 against what they stand on, 3 to 1 where they are large. Runs in the page. */
function faint() {
  const context = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgba = (colour) => {
    context.clearRect(0, 0, 1, 1);
    context.fillStyle = colour;
    context.fillRect(0, 0, 1, 1);
    return [...context.getImageData(0, 0, 1, 1).data];
  };
  const over = ([r, g, b, a], under) => [r, g, b].map((value, i) => (value * a + under[i] * (255 - a)) / 255);
  const ground = (element) => {
    if (element === null) return rgba('Canvas').slice(0, 3);
    const colour = rgba(getComputedStyle(element).backgroundColor);
    return colour[3] === 255 ? colour.slice(0, 3) : over(colour, ground(element.parentElement));
  };
  const luminance = (colour) => {
    const [r, g, b] = colour.map((value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const found = [];
  for (const element of document.querySelectorAll('main *')) {
    const text = [...element.childNodes].filter((node) => node.nodeType === 3).map((node) => node.textContent.trim()).join('');
    const isQuiet = element.closest('svg, canvas, option, .visually-hidden, :disabled') !== null || !element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
    if (text === '' || isQuiet) continue;
    const style = getComputedStyle(element);
    const under = ground(element);
    const [light, dark] = [luminance(over(rgba(style.color), under)), luminance(under)].sort((a, b) => b - a);
    const ratio = (light + 0.05) / (dark + 0.05);
    const size = Number.parseFloat(style.fontSize);
    const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (isLarge ? 3 : 4.5) - 0.05) found.push(`${ratio.toFixed(2)}: ${element.tagName.toLowerCase()}.${element.className} "${text.slice(0, 30)}"`);
  }
  return [...new Set(found)].slice(0, 8);
}

/**
 * A page of TensorBoard, kept from flow to flow: its own scripts take ten times as long as the panel in it. Each flow finds it as if it had
 * just been opened. A flow that left the page, or failed, or filled its history, is followed by another page.
 */
class Desk {
  constructor(browser) {
    this.browser = browser;
    this.page = null;
    this.entry = null;
  }

  async open(size = { width: 1280, height: 900 }) {
    const page = (await this.cleared()) ?? (this.page = await this.browser.newPage());
    await page.setViewportSize(size);
    const errors = [];
    page.on('console', (message) => message.type() === 'error' && isOurs(message.text()) && errors.push(message.text()));
    page.on('pageerror', (error) => errors.push(String(error)));
    if (page.url() === 'about:blank') await page.goto(url);
    else await (await this.frame()).goto(this.entry);
    const panel = await Panel.attach(page);
    this.entry = panel.frame.url();
    return [panel, errors];
  }

  async frame() {
    return (await this.page.waitForSelector('iframe[src*="plugin_entry"]')).contentFrame();
  }

  /** The kept page with nothing left on it of the flow before; null when there is none. */
  async cleared() {
    const { page } = this;
    if (page === null) return null;
    const hash = new URL(url).hash;
    const isHere = page.url().split('#')[0] === url.split('#')[0];
    if (!isHere || (await page.evaluate(() => history.length)) > 20) {
      await this.leave();
      return null;
    }
    // A panel that still runs would write its address over the new one.
    await (await this.frame()).goto('about:blank');
    for (const event of ['console', 'pageerror', 'request', 'response']) page.removeAllListeners(event);
    await page.unrouteAll();
    await page.mouse.move(0, 0);
    await page.evaluate((address) => {
      localStorage.clear();
      history.replaceState(null, '', address);
      document.body.classList.remove('dark-mode');
      for (const name of ['maxHeight', 'visibility', 'position']) document.querySelector('iframe[src*="plugin_entry"]').style[name] = '';
    }, hash);
    return page;
  }

  async leave() {
    await this.page?.close();
    this.page = null;
  }
}

async function run(desk, name, flow, isDark) {
  try {
    const [panel, errors] = await desk.open();
    if (isDark) await darken(panel);
    await flow(panel);
    return errors.length > 0 ? `console: ${errors.join('; ')}` : null;
  } catch (error) {
    await desk.page.screenshot({ path: path.join(pictures, `failed-${name.replace(/\W+/g, '-')}.png`) });
    await desk.leave();
    return String(error.stack ?? error).slice(0, 1200);
  }
}

async function takePictures(desk) {
  for (const theme of ['light', 'dark']) {
    const [panel, errors] = await desk.open({ width: 1440, height: 1100 });
    const { page } = panel;
    if (theme === 'dark') await darken(panel);
    await page.waitForTimeout(200);
    await panel.idle();
    const legible = async (view) => {
      const found = await panel.frame.evaluate(faint);
      expect(found.length === 0, `${view} in the ${theme} theme is hard to read: ${found.join('; ')}`);
    };
    await legible('a group');
    await page.screenshot({ path: path.join(pictures, `panel-${theme}.png`) });
    await panel.focus();
    await panel.press('n');
    await panel.hover();
    await page.screenshot({ path: path.join(pictures, `contention-${theme}.png`) });
    await panel.frame.locator('.losses').scrollIntoViewIfNeeded();
    await panel.frame.evaluate(() => document.querySelector('.losses').scrollIntoView({ block: 'start' }));
    await page.screenshot({ path: path.join(pictures, `losses-${theme}.png`) });
    for (const tab of await panel.frame.locator('[role=tab]').all()) {
      await tab.click();
      await panel.idle();
      await legible(`the table ${await tab.innerText()}`);
    }
    await panel.frame.locator('.group-button').first().click();
    await panel.frame.waitForSelector('.overview .group-row');
    await panel.idle();
    await legible('the list of groups');
    await page.screenshot({ path: path.join(pictures, `list-${theme}.png`) });
    expect(errors.length === 0, `console in the ${theme} theme: ${errors.join('; ')}`);
  }
}

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ARGUMENTS });
const desk = new Desk(browser);
const results = {};
const wanted = process.env.FLOW;
// Every other flow runs in the dark theme: each theme sees half of them, and the pictures look at every main view in both.
for (const [index, [name, flow]] of Object.entries(FLOWS).entries()) {
  if (wanted && !name.includes(wanted)) continue;
  results[name] = await run(desk, name, flow, index % 2 === 1);
}
if (!wanted || wanted === 'pictures') {
  try {
    await takePictures(desk);
    results.pictures = null;
  } catch (error) {
    results.pictures = String(error);
  }
}
await browser.close();
console.log(JSON.stringify(results, null, 1));
