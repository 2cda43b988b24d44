/** The style sheet as text: nothing links a file in TensorBoard's stub page, and its policy allows constructed sheets. */
import css from './styles.css?inline';

export function adoptStyles(target: Document): void {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  target.adoptedStyleSheets = [...target.adoptedStyleSheets, sheet];
}
