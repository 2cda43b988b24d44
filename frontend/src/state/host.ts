/**
 * The page around the panel. TensorBoard shows a plugin in an iframe of the same origin that it never removes: hidden
 * tabs get no height, but timers and animation frames go on. Everything here also works without a parent.
 */
import { signal } from '@preact/signals';
import type { ThemeName } from '../base/palette';

const DARK_CLASS = 'dark-mode';
const PLUGIN = 'tb_contention';
const IS_OURS = new RegExp(`^#${PLUGIN}(&|$)`);
/** In the state of an entry of the history. */
const MARK = PLUGIN;

/** The parent window, or this one when the parent is of another origin (a notebook's proxy, say). */
function outer(): Window {
  try {
    // Reading the location is what throws for a foreign parent.
    return window.parent.location.href === undefined ? window : window.parent;
  } catch {
    return window;
  }
}

interface Message {
  readonly type: string;
  readonly id: number;
  readonly isReply?: boolean;
}

/** TensorBoard's plugin messages are JSON text; anything else on the channel is not for us. */
function parseMessage(data: unknown): Message | null {
  try {
    const message = typeof data === 'string' ? JSON.parse(data) : null;
    return typeof message?.type === 'string' ? message : null;
  } catch {
    return null;
  }
}

export class Host {
  readonly theme = signal<ThemeName>('light');
  readonly forced = signal(false);
  readonly isShown = signal(true);
  /** Whether the pointer is held down: a gesture is under way. */
  readonly isHeld = signal(false);
  readonly #outer = outer();
  /** What happens when Back or Forward has led to another address of this panel; `isOwn`: to one that it wrote. */
  onTravel = (_isOwn: boolean): void => {};
  /** What happens before a press or a key does anything, and after it did. */
  onGesture = (): void => {};
  /** What TensorBoard's reload button does here. */
  onReload = (): void => {};

  start(): void {
    this.#watchTheme();
    this.#watchShown();
    this.#listenForReload();
    this.#watchGestures();
    this.#outer.addEventListener('popstate', ({ state }) => {
      if (this.#isOurs) this.onTravel(state?.[MARK] === true);
    });
  }

  /** TensorBoard's addresses begin with the plugin; an address of another one has none of our keys. */
  get #isOurs(): boolean {
    return this.#outer === window || IS_OURS.test(this.hash);
  }

  get hash(): string {
    return this.#outer.location.hash;
  }

  /** Replace the hash and nothing else: the query belongs to other plugins. A frame's own page has no use for one. */
  set hash(hash: string) {
    const { history, location } = this.#outer;
    if (location.hash === hash || (hash === '#' && location.hash === '')) return;
    history.replaceState(this.#marked, '', `${location.pathname}${location.search}${hash}`);
  }

  /** Make another entry of the browser's history. */
  push(hash: string): void {
    const { history, location } = this.#outer;
    history.replaceState(this.#marked, '');
    history.pushState(this.#marked, '', `${location.pathname}${location.search}${hash}`);
  }

  /** The address at which TensorBoard opens the panel with a hash. */
  link(hash: string): string {
    const { href } = this.#outer.location;
    // A page of another origin around TensorBoard hides its address: the panel's own lies one folder below TensorBoard's.
    const root = /\/data\/plugin_entry\.html$/.test(this.#outer.location.pathname)
      ? new URL('..', href).href
      : href;
    return `${root.split('#')[0]}${IS_OURS.test(hash) ? hash : hash.replace(/^#?/, `#${PLUGIN}&`)}`;
  }

  /** Load the page again, with the address that it has now. */
  reloadPage(): void {
    this.#outer.location.reload();
  }

  /** What others keep with the entry of the history, and that the panel wrote its address. */
  get #marked(): object {
    return { ...this.#outer.history.state, [MARK]: true };
  }

  #watchGestures(): void {
    const listen = (names: readonly string[], listener: (event: Event) => void): void => {
      for (const name of names) window.addEventListener(name, listener, { capture: true });
    };
    listen(['pointerdown', 'keydown'], (event) => {
      // A key that is held down is one gesture.
      if ((event as KeyboardEvent).repeat) return;
      this.onGesture();
      this.isHeld.value = event.type === 'pointerdown';
    });
    listen(['pointerup', 'pointercancel', 'keyup'], () => {
      this.isHeld.value = false;
      // What a release sets off comes first.
      setTimeout(() => this.onGesture());
    });
  }

  #watchTheme(): void {
    const dark = matchMedia('(prefers-color-scheme: dark)');
    const forced = matchMedia('(forced-colors: active)');
    // Paper is white, whatever the screen is.
    const print = matchMedia('print');
    const body = this.#outer === window ? null : this.#outer.document.body;
    const read = (): void => {
      const isDark = body === null ? dark.matches : body.classList.contains(DARK_CLASS);
      this.theme.value = isDark && !print.matches ? 'dark' : 'light';
      this.forced.value = forced.matches;
    };
    read();
    for (const query of [dark, forced, print]) query.addEventListener('change', read);
    if (body !== null) {
      new MutationObserver(read).observe(body, { attributes: true, attributeFilter: ['class'] });
    }
  }

  /** An element that touches a view of no height still counts as intersecting it: the height is asked as well. */
  #watchShown(): void {
    let isIntersecting = true;
    const read = (): void => {
      const shown = isIntersecting && window.innerHeight > 0 && document.visibilityState !== 'hidden';
      if (shown && !this.isShown.value) this.#claimReload();
      this.isShown.value = shown;
    };
    new IntersectionObserver((entries) => {
      isIntersecting = entries.at(-1)?.isIntersecting ?? isIntersecting;
      read();
    }).observe(document.documentElement);
    window.addEventListener('resize', read);
    document.addEventListener('visibilitychange', read);
  }

  /** Another plugin may have put its own function on our frame in the meantime. */
  #claimReload(): void {
    try {
      const frame = window.frameElement as (Element & { reload?: () => void }) | null;
      if (frame !== null) frame.reload = () => this.onReload();
    } catch {
      // A frame of another origin has no reload hook to set; the channel below still works.
    }
  }

  #listenForReload(): void {
    this.#claimReload();
    if (window.parent === window) return;
    const channel = new MessageChannel();
    channel.port1.onmessage = (event: MessageEvent): void => {
      const message = parseMessage(event.data);
      if (message === null || message.isReply === true) return;
      if (message.type === 'experimental.DataReloaded') this.onReload();
      // The other side waits for a reply to each of its messages.
      const reply = { type: message.type, id: message.id, payload: null, error: null, isReply: true };
      channel.port1.postMessage(JSON.stringify(reply));
    };
    window.parent.postMessage('experimental.bootstrap', '*', [channel.port2]);
  }
}
