/** What a session could be measured against: the report's judgement joined with the list of the server. */
import type { BaselineChoices, BaselineOffer } from '../api/report';

export interface Row {
  /** Id of the capture; '' for none, null for what the server finds. */
  readonly id: string | null;
  readonly label: string;
  readonly why: string;
}

export interface Part {
  readonly title: string;
  readonly rows: readonly Row[];
}

const PARTS = [
  ['manifest', 'Recorded alone by the same run'],
  ['kernels', 'Runs the same kernels'],
  [null, 'Other captures'],
] as const;

const judged = ({ use, reason }: BaselineOffer): string => {
  if (use === 'used') return 'used';
  return use === 'refused' ? `cannot serve: ${reason}` : `used only if chosen; ${reason}`;
};

/** The captures in parts, the best first; what was decoded and compared counts more than what the list knows. */
export function baselineParts(
  offers: readonly BaselineOffer[],
  found: BaselineChoices | null,
): readonly Part[] {
  const listed = found?.choices ?? [];
  const known = new Set(listed.map(({ session }) => session));
  const byId = new Map(offers.map((offer) => [offer.session, offer]));
  const unlisted = found === null ? offers : offers.filter(({ session }) => !known.has(session));
  return PARTS.map(([kind, title]) => ({
    title,
    rows: [
      ...unlisted
        .filter(({ found: how }) => (how === 'user' ? null : how) === kind)
        .map((offer) => ({ id: offer.session, label: offer.label, why: judged(offer) })),
      ...listed
        .filter((choice) => choice.found === kind)
        .map(({ session, label, fits, why }) => {
          const offer = byId.get(session);
          return { id: session, label, why: offer ? judged(offer) : `${fits ? '' : 'cannot serve: '}${why}` };
        }),
    ],
  })).filter(({ rows }) => rows.length > 0);
}
