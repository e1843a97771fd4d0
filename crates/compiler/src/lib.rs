//! From the typed program to the compiled image.
