package dicomini

// CurrentSOPList is the list of a site without dgatesop.lst, and that a new site
// gets in its file: [DefaultSOPList] with the storage classes and transfer syntaxes that PS3.6 has
// got since (2025a). An existing file stays as it is; lint tells what it lacks.
func CurrentSOPList() *SOPList {
	l := DefaultSOPList()
	l.addTable(AbstractSyntax, laterClasses)
	l.addTable(TransferSyntax, laterSyntaxes)
	return l
}

// laterSyntaxes are transfer syntaxes that [DefaultSOPList] lacks.
const laterSyntaxes = `@1.2.840.10008.
1.2.1.99 DeflatedExplicit
1.2.5 RLELossless
@1.2.840.10008.1.2.4.
201 HTJ2KLossless
202 HTJ2KLosslessRPCL
203 HTJ2K
100 MPEG2MainProfile
100.1 MPEG2MainProfileFragmentable
101 MPEG2HighLevel
101.1 MPEG2HighLevelFragmentable
102 MPEG4HighProfile
102.1 MPEG4HighProfileFragmentable
103 MPEG4BDCompatible
103.1 MPEG4BDCompatibleFragmentable
104 MPEG4HighProfile42For2D
104.1 MPEG4HighProfile42For2DFragmentable
105 MPEG4HighProfile42For3D
105.1 MPEG4HighProfile42For3DFragmentable
106 MPEG4StereoHighProfile
106.1 MPEG4StereoHighProfileFragmentable
107 HEVCMainProfile
108 HEVCMain10Profile
110 JPEGXLLossless
111 JPEGXLRecompression
112 JPEGXL
@1.2.840.10008.1.2.
8.1 DeflatedImageFrame`

// laterClasses are storage classes that [DefaultSOPList] lacks, by UID.
const laterClasses = `@1.2.840.10008.5.1.4.1.1.
2.2 LegacyConvertedEnhancedCTImageStorage
4.4 LegacyConvertedEnhancedMRImageStorage
6.3 PhotoacousticImageStorage
9.1.4 General32BitECGWaveformStorage
9.6.2 MultiChannelRespiratoryWaveformStorage
9.7.1 RoutineScalpElectroencephalogramWaveformStorage
9.7.2 ElectromyogramWaveformStorage
9.7.3 ElectrooculogramWaveformStorage
9.7.4 SleepElectroencephalogramWaveformStorage
9.8.1 BodyPositionWaveformStorage
11.6 GrayscalePlanarMPRVolumetricPresentationStateStorage
11.7 CompositingPlanarMPRVolumetricPresentationStateStorage
11.8 AdvancedBlendingPresentationStateStorage
11.9 VolumeRenderingVolumetricPresentationStateStorage
11.10 SegmentedVolumeRenderingVolumetricPresentationStateStorage
11.11 MultipleVolumeRenderingVolumetricPresentationStateStorage
11.12 VariableModalityLUTSoftcopyPresentationStateStorage
13.1.4 BreastProjectionXRayImageStorageForPresentation
13.1.5 BreastProjectionXRayImageStorageForProcessing
14.1 IntravascularOpticalCoherenceTomographyImageStorageForPresentat
14.2 IntravascularOpticalCoherenceTomographyImageStorageForProcessin
30 ParametricMapStorage
66.6 TractographyResultsStorage
66.7 LabelMapSegmentationStorage
66.8 HeightMapSegmentationStorage
68.1 SurfaceScanMeshStorage
68.2 SurfaceScanPointCloudStorage
77.1.5.5 WideFieldOphthalmicPhotographyStereographicProjectionImageStora
77.1.5.6 WideFieldOphthalmicPhotography3DCoordinatesImageStorage
77.1.5.7 OphthalmicOpticalCoherenceTomographyEnFaceImageStorage
77.1.5.8 OphthalmicOpticalCoherenceTomographyBScanVolumeAnalysisStorage
77.1.7 DermoscopicPhotographyImageStorage
77.1.8 ConfocalMicroscopyImageStorage
77.1.9 ConfocalMicroscopyTiledPyramidalImageStorage
81.1 OphthalmicThicknessMapStorage
82.1 CornealTopographyMapStorage
88.34 Comprehensive3DSRStorage
88.35 ExtensibleSRStorage
88.68 RadiopharmaceuticalRadiationDoseSRStorage
88.71 AcquisitionContextSRStorage
88.72 SimplifiedAdultEchoSRStorage
88.73 PatientRadiationDoseSRStorage
88.74 PlannedImagingAgentAdministrationSRStorage
88.75 PerformedImagingAgentAdministrationSRStorage
88.76 EnhancedXRayRadiationDoseSRStorage
88.77 WaveformAnnotationSRStorage
90.1 ContentAssessmentResultsStorage
91.1 MicroscopyBulkSimpleAnnotationsStorage
104.3 EncapsulatedSTLStorage
104.4 EncapsulatedOBJStorage
104.5 EncapsulatedMTLStorage
128.1 LegacyConvertedEnhancedPETImageStorage
200.2 CTPerformedProcedureProtocolStorage
200.8 XAPerformedProcedureProtocolStorage
481.10 RTPhysicianIntentStorage
481.11 RTSegmentAnnotationStorage
481.12 RTRadiationSetStorage
481.13 CArmPhotonElectronRadiationStorage
481.14 TomotherapeuticRadiationStorage
481.15 RoboticArmRadiationStorage
481.16 RTRadiationRecordSetStorage
481.17 RTRadiationSalvageRecordStorage
481.18 TomotherapeuticRadiationRecordStorage
481.19 CArmPhotonElectronRadiationRecordStorage
481.20 RoboticRadiationRecordStorage
481.21 RTRadiationSetDeliveryInstructionStorage
481.22 RTTreatmentPreparationStorage
481.23 EnhancedRTImageStorage
481.24 EnhancedContinuousRTImageStorage
481.25 RTPatientPositionAcquisitionInstructionStorage
@1.2.840.10008.5.1.4.
34.7 RTBeamsDeliveryInstructionStorage
34.10 RTBrachyApplicationSetupDeliveryInstructionStorage`

// LineFor is the line of dgatesop.lst that would accept a class or transfer
// syntax, with the name that the current list has for it.
func LineFor(kind SOPKind, uid string) string {
	name := CurrentSOPList().Name(kind, uid)
	if name == "" || name == uid {
		name = "Unnamed"
	}
	return name + " " + uid + " " + sopWords[kind]
}
