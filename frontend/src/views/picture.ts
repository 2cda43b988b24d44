/** What the timeline shows, saved as a file. */
import { pictureOf } from '../canvas/picture';
import type { Panel } from '../state/panel';
import { rendererOf, sceneOf } from './drawing';

/** Browsers start a download after the click that asks for it. */
const KEPT_MS = 60_000;

function save(blob: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), KEPT_MS);
}

/** The picture of an SVG at the density of the screen. */
async function pngOf(svg: Blob, width: number, height: number): Promise<Blob | null> {
  const image = new Image();
  image.src = URL.createObjectURL(svg);
  try {
    await image.decode();
  } finally {
    URL.revokeObjectURL(image.src);
  }
  const canvas = document.createElement('canvas');
  const ratio = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve));
}

export async function savePicture(panel: Panel, format: 'svg' | 'png', range: string): Promise<void> {
  const { timeline, device: opened, report } = panel;
  const [scene, device] = [sceneOf(panel), opened.value];
  const renderer = rendererOf(document.createElement('canvas'));
  if (scene === null || device === null || renderer === null) return;
  const isSimulated = report.value?.sessions.some(
    (each) => each.simulated && device.sessions.includes(each.id),
  );
  const { svg, width, height } = pictureOf(
    scene,
    {
      title: [device.label, range, ...(isSimulated ? ['simulated, not recorded on a GPU'] : [])].join(' · '),
      names: scene.layout.sessions.map((_, index) => timeline.nameOf(index)),
    },
    (text, style) => renderer.measure(text, style),
  );
  const file = new Blob([svg], { type: 'image/svg+xml' });
  const blob = format === 'svg' ? file : await pngOf(file, width, height).catch(() => null);
  if (blob === null) timeline.error.value = 'the picture is too large for this browser; save it as SVG.';
  else save(blob, `timeline.${format}`);
}
