/**
 * What explains itself by `data-means`, and, at the keyboard's focus, by its title: one box for the whole page, so that no table that
 * scrolls cuts it off. It stays while the pointer is on it; Escape closes it.
 */
import type { JSX } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';

const ID = 'hint';
/** Distance from the edges of the page, px. */
const EDGE = 8;

interface Hint {
  readonly of: HTMLElement;
  readonly text: string;
}

const hinted = (element: Element | null, what: string): HTMLElement | null =>
  element?.closest<HTMLElement>(what) ?? null;

/** The hint under the pointer: browsers show titles there themselves. */
function hintUnder(element: Element | null): Hint | null {
  const of = hinted(element, '[data-means]');
  return of === null ? null : { of, text: of.dataset.means ?? '' };
}

/** The hint of what the keyboard brought the focus to; after a click it would stay when the pointer is gone. */
function hintAtFocus(): Hint | null {
  const focused = document.activeElement;
  if (!focused?.matches(':focus-visible')) return null;
  const means = hintUnder(focused);
  if (means !== null) return means;
  const titled = hinted(focused, '[title]');
  return titled === null || titled.title === '' ? null : { of: titled, text: titled.title };
}

/** Below what it explains, but above the head of a table, whose rows are what it is about; on the other side where there is no room. */
function place(box: HTMLElement, of: HTMLElement): void {
  const [around, own] = [of.getBoundingClientRect(), box.getBoundingClientRect()];
  const fits = {
    above: around.top >= own.height + EDGE,
    below: around.bottom + own.height + EDGE <= window.innerHeight,
  };
  const isBelow = of.closest('thead') === null ? fits.below || !fits.above : !fits.above;
  const left = Math.max(EDGE, Math.min(around.left, window.innerWidth - own.width - EDGE));
  box.style.left = `${left}px`;
  // Without a gap, over which the pointer would lose what it is to read.
  box.style.top = `${isBelow ? around.bottom : around.top - own.height}px`;
}

export function Hints(): JSX.Element | null {
  const [hint, setHint] = useState<Hint | null>(null);
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const listening = new AbortController();
    const on = <Type extends keyof DocumentEventMap>(
      type: Type,
      handle: (event: DocumentEventMap[Type]) => void,
    ): void =>
      document.addEventListener(type, handle, { capture: true, passive: true, signal: listening.signal });
    on('pointerover', ({ target }) => {
      if (!(target instanceof Element) || box.current?.contains(target)) return;
      setHint(hintUnder(target) ?? hintAtFocus());
    });
    on('focusin', () => setHint(hintAtFocus()));
    on('focusout', () => setHint(null));
    on('keydown', ({ key }) => {
      if (key === 'Escape') setHint(null);
    });
    on('scroll', () => setHint((shown) => (shown?.of.isConnected ? { ...shown } : null)));
    // This view comes after the first picture, in which something may have been focused already.
    setHint(hintAtFocus());
    return () => listening.abort();
  }, []);
  useLayoutEffect(() => {
    if (hint === null || box.current === null) return;
    place(box.current, hint.of);
    const described = hint.of.contains(document.activeElement) ? document.activeElement : hint.of;
    described?.setAttribute('aria-describedby', ID);
    return () => described?.removeAttribute('aria-describedby');
  }, [hint]);
  if (hint === null) return null;
  return (
    <div ref={box} id={ID} class="explanation" role="tooltip">
      {hint.text}
    </div>
  );
}
