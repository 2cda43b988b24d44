/** A schedule to try as the options of `tb-contention whatif` spell it: `shift:trainer=12ms;cap:evaluator=30`. */
import { type Codec, decode } from './hash';

export const KINDS = ['shift', 'policy', 'cap', 'partition', 'priority', 'move', 'memory-limit'] as const;
export type Kind = (typeof KINDS)[number];

/** One change. `who`: a session as it is shown, or its id; `what`: an amount, a policy, or a GPU as it is shown. */
export interface Change {
  readonly kind: Kind;
  readonly who: string;
  readonly what: string;
}

/** The word of the option. */
export const wordOf = ({ who, what }: Change): string => (who && what ? `${who}=${what}` : who || what);

/** Names may hold what separates changes. */
const escaped = (word: string): string => word.replace(/[%;]/g, encodeURIComponent);

function read(part: string): readonly Change[] {
  const at = part.indexOf(':');
  const kind = KINDS.find((each) => each === part.slice(0, at));
  const word = decode(part.slice(at + 1));
  if (kind === undefined || word === '') return [];
  if (kind === 'policy') return [{ kind, who: '', what: word }];
  const equals = kind === 'priority' ? -1 : word.lastIndexOf('=');
  return [
    equals < 0
      ? { kind, who: word, what: '' }
      : { kind, who: word.slice(0, equals), what: word.slice(equals + 1) },
  ];
}

export const CHANGES: Codec<readonly Change[]> = {
  pack: (changes) => changes.map((change) => `${change.kind}:${escaped(wordOf(change))}`).join(';'),
  unpack: (text) => text.split(';').flatMap(read),
};
