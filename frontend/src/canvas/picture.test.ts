// A saved picture stands alone: names, axis and what is drawn; hostile names stay text.
import { describe, expect, it } from 'vitest';
import { px } from '../base/units';
import { escaped, SvgRenderer } from './svg';

const parse = (svg: string): Document => new DOMParser().parseFromString(svg, 'image/svg+xml');
const made = (draw: (svg: SvgRenderer) => void): string => {
  const svg = new SvgRenderer((text) => 6 * text.length);
  draw(svg);
  return svg.file(100, 50, 'a "<title>"');
};

describe('SvgRenderer', () => {
  it('keeps hostile names text', () => {
    const svg = made((each) =>
      each.text('</text><script>alert(1)</script>&', 1, 2, { colour: 'red" onload="x' }),
    );

    expect(svg).not.toContain('<script');
    expect(svg).toContain('&lt;/text&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;');
    expect(svg).toContain('fill="red&quot; onload=&quot;x"');
  });

  it('replaces what XML cannot hold', () => {
    expect(escaped('a\u0000b\u001b\ud800c\uffff')).toBe('a\ufffdb\ufffd\ufffdc\ufffd');
    expect(escaped('π 😀')).toBe('π 😀');
  });

  it('draws many rectangles as one path', () => {
    expect(made((each) => each.rects([1, 2, 3, 4, 5, 6, 7.123, 8], 'red'))).toContain(
      'd="M1 2h3v4h-3zM5 6h7.12v8h-7.12z" fill="red"',
    );
  });

  it('draws nothing for no rectangles', () => {
    expect(made((each) => each.rects([], 'red'))).not.toContain('<path');
  });

  it('defines a pattern once', () => {
    const svg = made((each) => {
      each.pattern([0, 0, 9, 9], 'hatch', 'white', 'black');
      each.pattern([9, 0, 9, 9], 'hatch', 'white', 'black');
    });

    expect(svg.match(/<pattern /g)).toHaveLength(1);
    expect(svg.match(/url\(#p0\)/g)).toHaveLength(2);
  });

  it('cuts off what is outside, and draws nothing where there is no room', () => {
    const draw = (width: number) =>
      made((each) => each.clip(5, 6, width, 8, () => each.clear(px(1), px(1), 'blue')));

    expect(draw(7)).toContain('<svg x="5" y="6" width="7" height="8" viewBox="5 6 7 8">');
    expect(draw(0)).not.toContain('blue');
  });

  it('is one well-formed file', () => {
    const found = parse(made((each) => each.line([0, 0, 5, 5], 'red', { dashed: true })));

    expect(found.querySelector('title')?.textContent).toBe('a "<title>"');
    expect(found.querySelector('polyline')?.getAttribute('stroke-dasharray')).toBe('5 4');
  });
});
