/** Names of sessions that are shown side by side: what all of them begin with says nothing there. */
import type { Session } from '../api/report';

/** "run/a", "run/b" -> "a", "b": without the folders that all names have in common. One session keeps its name. */
export function shortNames(sessions: readonly Session[]): ReadonlyMap<string, string> {
  const paths = sessions.map(({ name }) => name.split('/'));
  const least = Math.min(...paths.map((path) => path.length - 1));
  let common = 0;
  while (sessions.length > 1 && common < least && paths.every((path) => path[common] === paths[0][common])) {
    common += 1;
  }
  return new Map(sessions.map(({ id }, i) => [id, paths[i].slice(common).join('/')]));
}
