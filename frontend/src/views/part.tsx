/** A part of the page that may fail alone. */
import { Component, type ComponentChildren } from 'preact';

interface PartProperties {
  /** What it shows; with another one it is tried again. */
  readonly of: unknown;
  readonly children: ComponentChildren;
}

/** Says in its place what went wrong in it, and leaves the rest of the page. */
export class Part extends Component<PartProperties, { failed: { error: unknown; of: unknown } }> {
  override componentDidCatch(error: unknown): void {
    reportError(error);
    this.setState({ failed: { error, of: this.props.of } });
  }

  override render({ of, children }: PartProperties): ComponentChildren {
    const { failed } = this.state;
    if (failed?.of !== of) return children;
    return (
      <div class="failure" role="alert">
        <strong>This part cannot be shown.</strong>
        <span>{String(failed.error)}</span>
      </div>
    );
  }
}
