//! Where files lie and what they are called.

pub mod nested_directories;
