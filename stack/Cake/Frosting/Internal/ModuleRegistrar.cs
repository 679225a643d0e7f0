using Cake.Core.Composition;
using Microsoft.Extensions.DependencyInjection;

namespace Cake.Frosting.Internal;

/// <summary>Takes what a Cake module registers into the service collection.</summary>
internal sealed class ModuleRegistrar : ICakeContainerRegistrar
{
    private readonly List<Registration> _registrations = [];

    public static void Register(ICakeModule module, IServiceCollection services)
    {
        var registrar = new ModuleRegistrar();
        module.Register(registrar);
        foreach (var registration in registrar._registrations)
            registration.AddTo(services);
    }

    public ICakeRegistrationBuilder RegisterInstance<TImplementation>(TImplementation instance)
        where TImplementation : class
        => Add(new Registration(typeof(TImplementation), instance));

    public ICakeRegistrationBuilder RegisterType(Type type) => Add(new Registration(type, null));

    private Registration Add(Registration registration)
    {
        _registrations.Add(registration);
        return registration;
    }

    private sealed class Registration : ICakeRegistrationBuilder
    {
        private readonly Type _implementation;
        private readonly object? _instance;
        private Type _service;
        private bool _transient;

        public Registration(Type implementation, object? instance)
        {
            _implementation = _service = implementation;
            _instance = instance;
            _transient = instance is null;
        }

        public ICakeRegistrationBuilder As(Type type)
        {
            _service = type;
            return this;
        }

        public ICakeRegistrationBuilder AsSelf() => As(_implementation);

        public ICakeRegistrationBuilder Singleton()
        {
            _transient = false;
            return this;
        }

        public ICakeRegistrationBuilder Transient()
        {
            _transient = true;
            return this;
        }

        public void AddTo(IServiceCollection services) => services.Add(_instance is not null
            ? ServiceDescriptor.Singleton(_service, _instance)
            : ServiceDescriptor.Describe(_service, _implementation, _transient ? ServiceLifetime.Transient : ServiceLifetime.Singleton));
    }
}
