/** Views that are not in the first picture: fetched once that is there, or when one of them is shown. */
import { loadTables } from '../api/tables';
import { later } from './later';

const rest = async () => {
  await loadTables();
  return import('./rest');
};
/** One sentence on what is missing is enough: it stands where most of it should. */
const nothing = () => null;

export const Below = later(() => rest().then((file) => file.Below));
export const ByHand = later(() => rest().then((file) => file.ByHand), nothing);
export const Choices = later(() => rest().then((file) => file.Choices));
export const Detail = later(() => rest().then((file) => file.Detail), nothing);
export const Empty = later(() => rest().then((file) => file.Empty));
export const Fleet = later(() => rest().then((file) => file.Fleet), nothing);
export const Help = later(() => rest().then((file) => file.Help), nothing);
export const Hints = later(() => rest().then((file) => file.Hints), nothing);
export const PerfettoMenu = later(() => rest().then((file) => file.PerfettoMenu), nothing);
export const Tooltip = later(() => rest().then((file) => file.Tooltip), nothing);
export const TraceViewerMenu = later(() => rest().then((file) => file.TraceViewerMenu), nothing);
export const loadPictures = () => rest().then((file) => file.savePicture);
