//! The one integration test binary: the house's own rules, and the program run from outside.

mod architecture;
