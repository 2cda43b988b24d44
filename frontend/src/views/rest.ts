/** What is not in the first picture, in one file of its own: in several, they would be larger together. */
import css from './rest.css?inline';
import { adopt } from './styles';

export { Choices } from './baseline_choices';
export { Below } from './below';
export { ByHand } from './by_hand';
export { Detail } from './detail';
export { Empty } from './empty';
export { Fleet } from './fleet';
export { Help } from './help';
export { Hints } from './hints';
export { PerfettoMenu } from './perfetto';
export { savePicture } from './picture';
export { Tooltip } from './tooltip';
export { TraceViewerMenu } from './trace_viewer';

adopt(css);
