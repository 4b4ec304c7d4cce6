/** A tree that breaks every one of the package rules, so that each is known to be able to fail. Nothing runs it. */
package org.gup.arch.wrong;
