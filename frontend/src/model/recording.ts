/** Commands that record: exact, ready for a POSIX shell. The tab itself only reads. */

/** A profiler server's file is called after its address: host_port.xplane.pb. */
const SERVER = /(?:^|\/)([^/]+)_(\d{2,5})\.xplane\.pb$/;
const PLAIN = /^[\w@%+=:,./-]+$/;

/** One word for a POSIX shell; a home directory's ~ stays outside the quotes. */
export function quoted(word: string): string {
  if (PLAIN.test(word) || /^~\/[\w@%+=:,./-]*$/.test(word)) return word;
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** Where to record to: the log directory that is shown; a placeholder where that is no single local folder. */
export const placeOf = (logdir: string): string =>
  logdir === '' || logdir.includes('://') || /(^|,)[^/,]+:/.test(logdir) ? 'LOGDIR' : quoted(logdir);

/** The addresses whose servers recorded these files. */
export function addressesOf(files: readonly string[]): readonly string[] {
  const found = files.flatMap((file) => {
    const match = SERVER.exec(file);
    return match === null ? [] : [`${match[1]}:${match[2]}`];
  });
  return [...new Set(found)];
}

export function captureCommand(logdir: string, files: readonly string[] = []): string {
  const known = addressesOf(files).map(quoted);
  const addresses = known.length > 0 ? known : ['HOST:PORT', 'HOST:PORT'];
  return `tb-contention capture --logdir ${placeOf(logdir)} --duration 2s ${addresses.join(' ')}`;
}

export const runCommand = (logdir: string): string =>
  `tb-contention run --logdir ${placeOf(logdir)} --alone -- python first.py -- python second.py`;
