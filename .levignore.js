/** What `levitate is-compatible` and `npm run levitate` may report. */
module.exports = {
  // levitate compares the whole type of a variable, and other properties of `config` differ between versions. The compiler
  // checks those that the plugin reads, with the types of 12.4 and 13.2.
  changes: [/^config$/],
};
