/** Sentences whose quantities keep number and unit on one line: '18 %' is never parted. */
import type { JSX } from 'preact';

/** As in the pages that the server prints; the space stays an ordinary one, since people search and copy the text. */
const QUANTITY =
  /((?:[<>] )?(?<![\w.,])\d[\d.,]{0,27} (?:%|×|[nµm]?s|min|h|days?|[KMGTP]iB|[kMGTP]?B|[kMG]?Hz|ppm))(?!\w)/;

export const flowing = (text: string): (string | JSX.Element)[] =>
  text.split(QUANTITY).map((part, place) => (place % 2 === 1 ? <span class="q">{part}</span> : part));
