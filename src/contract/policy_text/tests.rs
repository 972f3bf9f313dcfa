//! The shipped texts are read whole, and every fault in a text is told with its line. They never test scores.
