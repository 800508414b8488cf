/** Replaces style sheets and images, which Jest cannot load. */
export default '';
