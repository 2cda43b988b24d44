/** Distance of two colours as people with each kind of colour vision see them. */
import { linearRgb } from '../base/palette';

type Rgb = readonly [number, number, number];

/** Machado, Oliveira and Fernandes 2009, severity 1, over linear sRGB. */
const VISIONS: readonly (readonly Rgb[])[] = [
  [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
];

const dot = (row: Rgb, c: Rgb): number => row[0] * c[0] + row[1] * c[1] + row[2] * c[2];
const clip = (value: number): number => Math.min(1, Math.max(0, value));

function oklab([r, g, b]: Rgb): Rgb {
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

/** The smallest OKLab distance (times 100) of the pair under any of the four kinds of vision. */
export function worstDistance(a: string, b: string): number {
  const seen = (hex: string, vision: readonly Rgb[]): Rgb => {
    const colour = linearRgb(hex);
    return oklab([clip(dot(vision[0], colour)), clip(dot(vision[1], colour)), clip(dot(vision[2], colour))]);
  };
  const distances = VISIONS.map((vision) => {
    const [p, q] = [seen(a, vision), seen(b, vision)];
    return 100 * Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]);
  });
  return Math.min(...distances);
}
