using Cake.Core.Composition;
using Microsoft.Extensions.DependencyInjection;

namespace Cake.Frosting.Internal;

/// <summary>Takes what a Cake module registers into the service collection.</summary>
internal sealed class ModuleRegistrar : ICakeContainerRegistrar
{
    private readonly List<Registration> registrations = [];

    public static void Register(ICakeModule module, IServiceCollection services)
    {
        var registrar = new ModuleRegistrar();
        module.Register(registrar);
        foreach (var registration in registrar.registrations)
            registration.AddTo(services);
    }

    public ICakeRegistrationBuilder RegisterInstance<TImplementation>(TImplementation instance)
        where TImplementation : class
        => Add(new Registration(typeof(TImplementation), instance));

    public ICakeRegistrationBuilder RegisterType(Type type) => Add(new Registration(type, null));

    private Registration Add(Registration registration)
    {
        registrations.Add(registration);
        return registration;
    }

    private sealed class Registration : ICakeRegistrationBuilder
    {
        private readonly Type implementation;
        private readonly object? instance;
        private Type service;
        private bool transient;

        public Registration(Type implementation, object? instance)
        {
            this.implementation = service = implementation;
            this.instance = instance;
            transient = instance is null;
        }

        public ICakeRegistrationBuilder As(Type type)
        {
            service = type;
            return this;
        }

        public ICakeRegistrationBuilder AsSelf() => As(implementation);

        public ICakeRegistrationBuilder Singleton()
        {
            transient = false;
            return this;
        }

        public ICakeRegistrationBuilder Transient()
        {
            transient = true;
            return this;
        }

        public void AddTo(IServiceCollection services) => services.Add(instance is not null
            ? ServiceDescriptor.Singleton(service, instance)
            : ServiceDescriptor.Describe(service, implementation, transient ? ServiceLifetime.Transient : ServiceLifetime.Singleton));
    }
}
