package org.gup.shim;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.InvocationInterceptor;
import org.junit.jupiter.api.extension.ReflectiveInvocationContext;

/**
 * Runs the test methods of a class inside {@link ShimClassLoader}: {@code @ExtendWith(Shimmed.class)}. Each method runs on a
 * new instance of the class's twin there. Methods for before and after each test are refused, since they would run outside;
 * arguments of parameterized tests are JDK types, or enums, which are carried over by name.
 */
public final class Shimmed implements InvocationInterceptor {
    @Override
    public void interceptTestMethod(
            final Invocation<Void> invocation,
            final ReflectiveInvocationContext<Method> context,
            final ExtensionContext extensionContext)
            throws Throwable {
        invocation.skip();
        runTwin(context);
    }

    @Override
    public void interceptTestTemplateMethod(
            final Invocation<Void> invocation,
            final ReflectiveInvocationContext<Method> context,
            final ExtensionContext extensionContext)
            throws Throwable {
        invocation.skip();
        runTwin(context);
    }

    @Override
    public void interceptBeforeEachMethod(
            final Invocation<Void> invocation,
            final ReflectiveInvocationContext<Method> context,
            final ExtensionContext extensionContext) {
        throw new IllegalStateException("runs outside the shim: " + context.getExecutable());
    }

    @Override
    public void interceptAfterEachMethod(
            final Invocation<Void> invocation,
            final ReflectiveInvocationContext<Method> context,
            final ExtensionContext extensionContext) {
        throw new IllegalStateException("runs outside the shim: " + context.getExecutable());
    }

    private static void runTwin(final ReflectiveInvocationContext<Method> context) throws Throwable {
        final Method method = context.getExecutable();
        final Class<?> twin = twinOf(method.getDeclaringClass());
        final Class<?>[] parameters = method.getParameterTypes();
        for (int i = 0; i < parameters.length; i++) {
            parameters[i] = twinOf(parameters[i]);
        }
        final Constructor<?> constructor = twin.getDeclaredConstructor();
        constructor.setAccessible(true);
        final Method twinMethod = twin.getDeclaredMethod(method.getName(), parameters);
        twinMethod.setAccessible(true);
        final List<Object> given = context.getArguments();
        final @Nullable Object[] arguments = new @Nullable Object[given.size()];
        for (int i = 0; i < arguments.length; i++) {
            arguments[i] = carriedOver(given.get(i), parameters[i]);
        }
        final ClassLoader before = Thread.currentThread().getContextClassLoader();
        Thread.currentThread().setContextClassLoader(ShimClassLoader.instance());
        try {
            twinMethod.invoke(constructor.newInstance(), arguments);
        } catch (final InvocationTargetException thrown) {
            throw thrown.getCause();
        } finally {
            Thread.currentThread().setContextClassLoader(before);
        }
    }

    private static Class<?> twinOf(final Class<?> type) throws ClassNotFoundException {
        return ShimClassLoader.isRewritten(type.getName())
                ? Class.forName(type.getName(), true, ShimClassLoader.instance())
                : type;
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    private static @Nullable Object carriedOver(final @Nullable Object argument, final Class<?> to) {
        return argument instanceof Enum<?> constant && to.isEnum()
                ? Enum.valueOf((Class) to, constant.name())
                : argument;
    }
}
