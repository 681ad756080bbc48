/** Memory that is read into again once everybody has released it. */
export interface Lease {
  hold(): void;
  release(): void;
}
