/** A part of the page with a state of its own: drawn again after every change, and doing one thing at a time. */

export class Panel {
  constructor(facts) {
    Object.assign(this, { trouble: "", busy: false }, facts);
  }

  /** Changes the state; `redraw` comes with the facts of the constructor or from a subclass. */
  set(facts) {
    Object.assign(this, facts);
    this.redraw();
  }

  /** Does the work unless some is under way; what goes wrong is left in `trouble`. */
  async attempt(work) {
    if (this.busy) return;
    this.set({ busy: true, trouble: "" });
    try {
      await work();
      this.busy = false;
    } catch (error) {
      this.set({ busy: false, trouble: error.message });
    }
  }
}
