/**
 * The orders that the model rests on, each between two threads and as few words as will do, through the product's own
 * methods. A class is a subject, a nested class one interleaving; every outcome is described and the rest is forbidden.
 *
 * <p>A class with {@code Weak} in its name has the order taken away: it must be seen to fail, or the silence of the others
 * would mean nothing.
 */
package org.gup.stress;
