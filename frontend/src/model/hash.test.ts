import { describe, expect, it } from 'vitest';
import { span } from '../base/units';
import { asCount, asInteger, asText, INSTANT, mapOf, readHash, SPAN, writeHash } from './hash';

describe('the hash', () => {
  it('gives back what was written, whatever it holds', () => {
    const texts = [
      ['device', 'host0/GPU:0#2'],
      ['find', '=a&b=c%#'],
    ] as const;
    expect([...readHash(writeHash('#tb_contention', texts))]).toEqual(texts);
  });

  it('keeps foreign keys and replaces its own', () => {
    const first = writeHash('#tb_contention&p.other.x=1', [
      ['device', 'a'],
      ['table', 'Steps'],
    ]);
    const second = writeHash(first, [
      ['device', 'b'],
      ['table', ''],
    ]);
    expect(second).toBe('#tb_contention&p.other.x=1&p.tb_contention.device=b');
  });

  it('is left with the foreign part when there is no state', () => {
    expect(writeHash('#tb_contention&p.tb_contention.device=a', [['device', '']])).toBe('#tb_contention');
  });

  it.each(['', '#', '#p.other.device=a', '#p.tb_contention.device'])('holds no key of ours in %s', (hash) => {
    expect(readHash(hash).size).toBe(0);
  });

  it('takes a broken escape as it stands', () => {
    expect(readHash('#p.tb_contention.find=~50%').get('find')).toBe('~50%');
  });
});

describe('a span', () => {
  it('is rounded to nanoseconds', () => expect(SPAN.pack(span(0.4, 9.6))).toBe('0~10'));

  it.each(['', '5', '9~1', '5~5', 'a~b', '~', 'NaN~1', '0~Infinity'])('is not read from %s', (text) => {
    expect(SPAN.unpack(text)).toBeNull();
  });
});

it.each(['', 'soon', '1.5', 'Infinity', '1e99'])('reads no instant from %s', (text) => {
  expect(INSTANT.unpack(text)).toBeNull();
});

describe('a map', () => {
  const codec = mapOf(asText, asInteger);

  it('gives back keys that hold its separators', () => {
    const map = new Map([
      ['a;b:c%', -1],
      ['größe', 2],
    ]);
    expect(codec.unpack(codec.pack(map))).toEqual(map);
  });

  it('leaves out pairs that it cannot read', () => {
    expect([...codec.unpack('a:1;b;c:;d:x;e:1:2;f:-3')]).toEqual([
      ['a', 1],
      ['f', -3],
    ]);
    expect([...mapOf(asCount, asCount).unpack('0:-1;x:5;:5;1:NaN;2:7')]).toEqual([[2, 7]]);
  });
});
