/** What a user wants on every visit; kept in the browser. */
import { effect, type Signal, signal } from '@preact/signals';

const LETTERS = 'tb_contention.letter_keys';

/** Storage may be denied to frames: then a wish lasts as long as the page. */
function stored(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

export function letterKeys(): Signal<boolean> {
  const wish = signal(stored(LETTERS) !== 'off');
  effect(() => {
    try {
      if (wish.value) localStorage.removeItem(LETTERS);
      else localStorage.setItem(LETTERS, 'off');
    } catch {
      // As above.
    }
  });
  return wish;
}
