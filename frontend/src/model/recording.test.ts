import { expect, it } from 'vitest';
import { addressesOf, captureCommand, placeOf, quoted, runCommand } from './recording';

it('quotes a word for a shell', () => {
  expect(quoted('/data/logs-1')).toBe('/data/logs-1');
  expect(quoted('~/logs')).toBe('~/logs');
  expect(quoted('my logs')).toBe("'my logs'");
  expect(quoted("a'; rm -rf $HOME #")).toBe(`'a'\\''; rm -rf $HOME #'`);
  expect(quoted('')).toBe("''");
});

it('names the log directory that is shown, where it is one', () => {
  expect(placeOf('/data/logs')).toBe('/data/logs');
  expect(placeOf('')).toBe('LOGDIR');
  expect(placeOf('gs://bucket/logs')).toBe('LOGDIR');
  expect(placeOf('before:/a,after:/b')).toBe('LOGDIR');
});

it('asks the servers again that recorded these sessions', () => {
  const files = [
    'plugins/profile/x/gpu-1_9012.xplane.pb',
    'plugins/profile/x/gpu-1_9013.xplane.pb',
    'a/b.xplane.pb',
  ];
  expect(addressesOf([...files, files[0]])).toEqual(['gpu-1:9012', 'gpu-1:9013']);
  expect(captureCommand('/data/logs', files)).toBe(
    'tb-contention capture --logdir /data/logs --duration 2s gpu-1:9012 gpu-1:9013',
  );
  expect(captureCommand('/data/logs')).toContain(' HOST:PORT HOST:PORT');
  expect(captureCommand('/data', ['x/$(touch y)_80.xplane.pb'])).toContain("'$(touch y):80'");
});

it('runs commands together and alone', () => {
  expect(runCommand('/data/my logs')).toBe(
    "tb-contention run --logdir '/data/my logs' --alone -- python first.py -- python second.py",
  );
});
