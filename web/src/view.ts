/** One of the page's screens. Made anew each time it is gone to. */
export interface View {
  element: HTMLElement;
  /** Ends what it listens to. */
  close?(): void;
  /** True while leaving would lose something. */
  unsaved?(): boolean;
}
