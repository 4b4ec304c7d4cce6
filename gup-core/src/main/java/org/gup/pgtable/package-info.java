/**
 * Internal. Page tables in the bits of x86-64: {@link org.gup.pgtable.Pte} reads an entry,
 * {@link org.gup.pgtable.TablePages} owns the tables and is the only one to touch their words.
 */
@NullMarked
package org.gup.pgtable;

import org.jspecify.annotations.NullMarked;
